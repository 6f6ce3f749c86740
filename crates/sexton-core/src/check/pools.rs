//! Whether pools keep what is theirs in folders of their own, and manifests bind all their words.

use super::Source;
use super::dangers::may_be_null;
use super::objects::unknown_stores;
use super::sharing::origin;
use super::templates::{self, placeholder};
use crate::finding::{Finding, Located, did_you_mean};
use crate::graph::table_or_finding;
use crate::names::ObjectRuleName;
use crate::policy::{Manifest, NamesBy, ObjectRule, Part, Placeholder, Pool};
use crate::schema::Table;
use crate::template::{Piece, Text};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pool in &source.policy.pools {
        findings.extend(unknown_stores(source, &pool.stores));
        findings.extend(of_pool(source, pool));
        findings.extend(pool.covers.as_ref().and_then(|covers| covered(source, pool, covers)));
    }
    for rule in &source.policy.objects {
        if let Some(manifest) = &rule.manifest {
            findings.extend(of_manifest(source, rule, manifest));
        }
    }
    findings
}

/// The rules whose manifests name what is in the pool.
fn naming<'s>(
    source: &Source<'s>,
    pool: &Pool,
) -> impl Iterator<Item = (&'s ObjectRule, &'s Manifest)> {
    let name = pool.name.clone();
    let with_manifest = |rule: &'s ObjectRule| Some((rule, rule.manifest.as_ref()?));
    source
        .policy
        .objects
        .iter()
        .filter_map(with_manifest)
        .filter(move |(_, manifest)| manifest.names.iter().any(|names| names.pool.value == name))
}

/// Its shape, as far as it stands in the file.
fn of_pool(source: &Source<'_>, pool: &Pool) -> Vec<Finding> {
    let (scope, key) = (pool.scope.value.written(), pool.key.value.written());
    let name = ["{", Pool::NAME, "}"].concat();
    let refused = |of: &Located<Text>, message: String, help: String| {
        Finding::error("C427", Some(of.span), message).help(help)
    };
    let mut findings = Vec::new();
    if scope.starts_with('/') || scope.ends_with('/') {
        let message = format!("the scope `{scope}` begins or ends with a `/`");
        findings.push(refused(&pool.scope, message, "write what stands between them".into()));
    } else if !key.starts_with(&[&scope, "/"].concat()) {
        let message = format!("the key `{key}` does not lie below the scope `{scope}`");
        findings.push(refused(&pool.key, message, format!("write `{scope}/{name}`")));
    }
    if scope.contains(&name) || key.matches(&name).count() != 1 {
        let message = format!(
            "`{name}`, what a manifest holds, stands once in the key, and not in the scope"
        );
        findings.push(refused(&pool.key, message, format!("write `{scope}/{name}`")));
    }
    if let Some(slot) = beside(&pool.key.value).or_else(|| beside(&pool.scope.value)) {
        let message = "nothing stands between two words: where one ends cannot be told";
        findings.push(
            Finding::error("C427", Some(slot), message)
                .help("write a `/`, or what is between them"),
        );
    }
    if naming(source, pool).next().is_none() {
        let message = format!("no manifest names what is in [pools.{}]", pool.name);
        findings.push(Finding::warning("C427", Some(pool.span), message).help(format!(
            "write `names = {{ {} = \"$.…\" }}` under the manifest of a rule, or take the pool out",
            pool.name
        )));
    }
    findings
}

/// A word right behind another.
fn beside(text: &Text) -> Option<crate::finding::Span> {
    text.pieces.windows(2).find_map(|pair| match pair {
        [Piece::Value(_), Piece::Value(next)] => Some(next.span),
        _ => None,
    })
}

fn of_manifest(source: &Source<'_>, rule: &ObjectRule, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let pools = || source.policy.pools.iter();
    for names in &manifest.names {
        let of = &names.pool.value;
        if !pools().any(|pool| pool.name == *of) {
            let message = format!("there is no [pools.{of}]");
            let finding = Finding::error("C426", Some(names.pool.span), message);
            findings.push(
                match did_you_mean(of.as_str(), pools().map(|pool| pool.name.as_str())) {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None => finding.help("write the pool, or leave its name out"),
                },
            );
        }
    }
    findings.extend(unbound(source, manifest));
    if let Ok(table) = table_or_finding(&rule.of.value, rule.of.span, source.schema) {
        for (word, text) in &manifest.bind {
            match followed(source, table, text) {
                Ok(bound) => findings.extend(unasked(source, rule, table, &word.value, &bound)),
                Err(bad) => findings.extend(bad),
            }
        }
    }
    findings.extend(unanswered(source, rule, manifest));
    if let Some(place) = manifest.removes.first().filter(|_| rule.prefixes.is_empty()) {
        let message = format!(
            "what the manifest of [objects.{}] removes may lie anywhere in the store",
            rule.name
        );
        findings.push(Finding::warning("C429", Some(place.span), message).help(
            "write the `prefix` below which it lies: it is found there whatever a manifest says",
        ));
    }
    findings
}

/// Who else names an object is asked by what is bound, of rows that are there after the commit.
fn unasked(
    source: &Source<'_>,
    rule: &ObjectRule,
    table: &Table,
    word: &str,
    bound: &templates::Name<'_>,
) -> Option<Finding> {
    if let Some(value) = bound.values().find(|value| value.slot.path.json.is_some()) {
        let message = format!("`{word}` is bound to a place inside JSON, by which no row is found");
        let finding = Finding::error("C426", Some(value.slot.span), message);
        return Some(finding.help("bind a column, or one that a reference leads to"));
    }
    let value = bound.values().find(|value| may_be_null(source, rule, table, value))?;
    let message = format!(
        "a row whose `{}` is null binds `{word}` to nothing: what its manifest names is not counted",
        placeholder(value.slot)
    );
    Some(
        Finding::warning("C418", Some(value.slot.span), message)
            .help("make it NOT NULL, or say by `where` that rows without it have no manifest"),
    )
}

/// The condition of such a rule is asked again when nobody deletes.
fn unanswered(source: &Source<'_>, rule: &ObjectRule, manifest: &Manifest) -> Option<Finding> {
    let fragment = rule.filter.as_ref()?.of(source.schema.dialect)?;
    let is_known =
        |part: &Part| matches!(part, Part::Text(_) | Part::Placeholder(Placeholder::Now { .. }));
    if manifest.names.is_empty() || fragment.parts.iter().all(is_known) {
        return None;
    }
    let message = format!(
        "the `where` of [objects.{}] asks for what only a deletion knows, and is asked of rows that \
         stay, to see whether they name what is shared",
        rule.name
    );
    Some(
        Finding::error("C426", Some(fragment.span), message)
            .help("no placeholder but `{now}` is known there"),
    )
}

fn followed<'a>(
    source: &Source<'_>,
    table: &Table,
    text: &'a Located<Text>,
) -> Result<templates::Name<'a>, Vec<Finding>> {
    templates::name(source, table, NamesBy::Key, text)
}

/// Words that have no value, and values that are no pool's.
fn unbound(source: &Source<'_>, manifest: &Manifest) -> Vec<Finding> {
    let is_named = |pool: &&Pool| manifest.names.iter().any(|names| names.pool.value == pool.name);
    let pools: Vec<&Pool> = source.policy.pools.iter().filter(is_named).collect();
    let words: Vec<&str> = pools.iter().flat_map(|pool| pool.bound()).collect();
    let has = |word: &str| manifest.bind.iter().any(|(bound, _)| bound.value == word);
    let missing = words.iter().find(|word| !has(word)).map(|word| {
        let message = format!("`bind` gives `{word}` no value");
        Finding::error("C426", Some(manifest.span), message)
            .help(format!("write `bind = {{ {word} = \"{{…}}\" }}`, a template of the row"))
    });
    let all_known = pools.len() == manifest.names.len();
    let others =
        manifest.bind.iter().filter(|(word, _)| all_known && !words.contains(&word.value.as_str()));
    let others = others.map(|(word, _)| {
        let message = format!("`{}` is no word of a pool that this manifest names", word.value);
        let finding = Finding::error("C426", Some(word.span), message);
        match did_you_mean(&word.value, words.iter().copied()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("leave it out"),
        }
    });
    missing.into_iter().chain(others).collect()
}

/// The rule that covers a pool goes with whole scopes of it.
fn covered(source: &Source<'_>, pool: &Pool, covers: &Located<ObjectRuleName>) -> Option<Finding> {
    let refused = |message: String, help: String| {
        Some(Finding::error("C428", Some(covers.span), message).help(help))
    };
    let rules = || source.policy.objects.iter();
    let Some(rule) = rules().find(|rule| rule.name == covers.value) else {
        let near = did_you_mean(covers.value.as_str(), rules().map(|rule| rule.name.as_str()));
        let help = near.map_or("write the rule, or leave `covers` out".to_owned(), |near| {
            format!("did you mean \"objects.{near}\"?")
        });
        return refused(format!("there is no [objects.{}]", covers.value), help);
    };
    let scope = pool.scope.value.written();
    let shape = shape(&pool.scope.value) + "/";
    let Some(prefix) = rule.prefixes.iter().find(|text| self::shape(&text.value) == shape) else {
        let message = format!("no prefix of [objects.{}] is a scope, `{scope}`", rule.name);
        return refused(message, "name the rule whose `prefix` is the scope and a `/`".into());
    };
    let mut stores = pool.stores.iter();
    if let Some(store) = stores.find(|s| !rule.stores.iter().any(|own| own.value == s.value)) {
        let message =
            format!("[objects.{}] removes nothing in the store `{}`", rule.name, store.value);
        return refused(message, "add the store to those of the rule".into());
    }
    let word = strange_word(source, pool, rule, prefix)?;
    let message = format!(
        "`{{{word}}}` of the scope `{scope}` is bound to another value than stands in its place in \
         `{}`",
        prefix.value.written()
    );
    refused(message, "bind what the prefix has, or name another rule".into())
}

/// Text and places of values, whatever they are.
fn shape(text: &Text) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Written(text) => text.clone(),
        Piece::Value(_) => "{}".to_owned(),
    };
    text.pieces.iter().map(piece).collect()
}

/// The first word of the scope that a manifest binds to a value of another column than the prefix
/// has in its place.
fn strange_word<'p>(
    source: &Source<'_>,
    pool: &'p Pool,
    rule: &ObjectRule,
    prefix: &Located<Text>,
) -> Option<&'p str> {
    let prefix = followed(source, source.schema.table(&rule.of.value)?, prefix).ok()?;
    let words = pool.scope.value.slots().filter_map(|slot| slot.path.names.first());
    let pairs: Vec<_> = words.zip(prefix.values()).collect();
    naming(source, pool).find_map(|(rule, manifest)| {
        let table = source.schema.table(&rule.of.value)?;
        pairs.iter().find_map(|(word, value)| {
            let (_, text) = manifest.bind.iter().find(|(bound, _)| bound.value == **word)?;
            let bound = followed(source, table, text).ok()?;
            let [templates::Part::Value(bound)] = bound.parts.as_slice() else { return None };
            let (bound, own) = (origin(source, bound)?, origin(source, value)?);
            (bound != own).then_some(word.as_str())
        })
    })
}
