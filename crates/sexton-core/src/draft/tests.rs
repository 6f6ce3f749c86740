use std::collections::BTreeSet;

use super::{Draft, Undecided, Wanted, candidates, draft, suggestions};
use crate::check::{check, tests::schema::read};
use crate::finding::Finding;
use crate::graph::{reach, removal_order, resolve};
use crate::names::{SystemName, TableName};
use crate::policy::parse;
use crate::schema::{Dialect, Schema};

const SHOP: &str = "\
orgs: id int key, name text
customers: id int key, org_id int index -> orgs cascade, name text, email text null
orders: id int key, customer_id int index -> customers, parent_id int null index -> orders nulls
order_lines: order_id int key -> orders cascade, line int key, product_id int index -> products
products: id int key, org_id int index -> orgs cascade, title text
reviews: id int key, customer_id int null index -> customers nulls, product_id int index -> products cascade
invoices: id int key, order_id int index -> orders restricts, author_id int null index
mails: id int key, order_id int index, sent_by int null
notes: id int key, owner_id int index, owner_type text
favourites: customer_id int key -> customers cascade, product_id int key index -> products cascade
log: at time, order_id int";

fn wanted(undecided: Undecided) -> Wanted {
    Wanted {
        system: SystemName::new("shop"),
        database: "env:DATABASE_URL".to_owned(),
        schema: None,
        undecided,
    }
}

fn drafted(schema: &Schema, undecided: Undecided) -> Draft {
    let candidates = candidates(schema);
    let seen = vec![None; candidates.len()];
    draft(schema, &suggestions(candidates, &seen), &wanted(undecided))
}

fn findings(schema: &Schema, text: &str) -> Vec<Finding> {
    let (policy, findings) = parse(text);
    assert_eq!(findings, [], "in\n{text}");
    check(&policy.unwrap(), schema).findings
}

#[test]
fn a_draft_reads_as_if_a_person_wrote_it() {
    let schema = read(Dialect::Postgres, SHOP);
    insta::assert_snapshot!(drafted(&schema, Undecided::Review).text);
}

#[test]
fn check_names_what_is_undecided_and_nothing_else() {
    let schema = read(Dialect::Postgres, SHOP);
    let draft = drafted(&schema, Undecided::Review);
    let codes: Vec<_> = findings(&schema, &draft.text).iter().map(|f| f.code).collect();
    assert_eq!(codes, vec!["C110"; draft.undecided], "in\n{}", draft.text);
    assert!(draft.undecided > 2);
    for undecided in [Undecided::Delete, Undecided::Block] {
        let draft = drafted(&schema, undecided);
        assert_eq!(findings(&schema, &draft.text), [], "in\n{}", draft.text);
    }
}

#[test]
fn a_suggestion_fits_once_its_mark_is_taken_away() {
    let schema = read(Dialect::Postgres, SHOP);
    let draft = drafted(&schema, Undecided::Review);
    let text = draft.text.lines().filter(|line| !line.contains("…'")).collect::<Vec<_>>();
    let text = text.join("\n").replace("#? ", "");
    assert!(draft.suggested > 0);
    let codes: Vec<_> = findings(&schema, &text).iter().map(|f| f.code).collect();
    let unindexed = codes.iter().filter(|code| **code == "C140").count();
    assert_eq!(codes.len() - unindexed, draft.undecided + draft.suggested, "{codes:?} in\n{text}");
}

#[test]
fn the_file_from_top_to_bottom_is_the_order_of_removal() {
    let schema = read(Dialect::Postgres, SHOP);
    let text = drafted(&schema, Undecided::Delete).text;
    let policy = parse(&text).0.unwrap();
    let (graph, _) = resolve(&policy, &schema);
    let mut read: Vec<TableName> = Vec::new();
    for edge in &graph.edges {
        if !read.contains(&edge.child) {
            read.push(edge.child.clone());
        }
    }
    read.push(TableName::local("orgs"));
    let going = reach(&graph, &[TableName::local("orgs")]);
    let removed: Vec<_> = removal_order(&graph, &going).into_iter().flatten().collect();
    assert_eq!(removed, read, "in\n{text}");
    assert_eq!(going.len(), BTreeSet::from_iter(&read).len());
}

#[test]
fn what_set_default_writes_stands_in_the_line() {
    let mut schema = read(
        Dialect::Postgres,
        "kinds: id int key\nthings: id int key, kind int index -> kinds defaults",
    );
    let table = schema.tables.get_mut(&TableName::local("things")).unwrap();
    let draft = |schema: &Schema| drafted(schema, Undecided::Review);
    let line = |draft: &Draft| draft.text.lines().last().unwrap().to_owned();
    let kind = table.columns.iter_mut().find(|column| column.name.as_str() == "kind").unwrap();
    kind.default = Some("0".to_owned());
    let drafted = draft(&schema);
    assert_eq!(line(&drafted), "\"things.kind -> kinds\" = { set = { kind = 0 } }");
    assert_eq!(findings(&schema, &drafted.text), []);
    let table = schema.tables.get_mut(&TableName::local("things")).unwrap();
    table.columns[1].default = None;
    let drafted = draft(&schema);
    assert_eq!(drafted.undecided, 1, "no default and NOT NULL: nobody can say\n{}", drafted.text);
}

#[test]
fn two_lines_that_would_set_one_column_are_not_both_written() {
    let tables = "orgs: id int key\nusers: org int key -> orgs cascade, id int key\n\
                  notes: id int key, org int null index -> orgs defaults, by int null, \
                  fk(org,by) -> users(org,id) nulls, index(org,by)";
    let mut schema = read(Dialect::Postgres, tables);
    let notes = schema.tables.get_mut(&TableName::local("notes")).unwrap();
    notes.columns[1].default = Some("0".to_owned());
    let draft = drafted(&schema, Undecided::Review);
    let codes: Vec<_> = findings(&schema, &draft.text).iter().map(|f| f.code).collect();
    assert_eq!(codes, ["C110"], "in\n{}", draft.text);
}

#[test]
fn sisters_share_a_line() {
    let mut tables = String::from("runs: id int key");
    for name in ["a", "b", "c"] {
        tables += &["\nfact_", name, ": id int key, run_id int index -> runs cascade"].concat();
    }
    tables += "\nentries: id int key, run_id int index -> runs cascade";
    let schema = read(Dialect::Postgres, &tables);
    let text = drafted(&schema, Undecided::Review).text;
    assert!(text.contains("\"fact_{a,b,c}.run_id -> runs\" = \"delete\""), "{text}");
    assert_eq!(parse(&text).0.unwrap().references.len(), 4);
    assert_eq!(findings(&schema, &text), []);
}

#[test]
fn odd_names_are_quoted_everywhere() {
    let tables = "Odd+Name: it's int key, quo\"te text\n\
                  two-words: a{b} int key, c,d int index -> Odd+Name cascade\n\
                  1st: back\\slash int key, p int index -> two-words nulls";
    let schema = read(Dialect::Sqlite, tables);
    let draft = drafted(&schema, Undecided::Review);
    insta::assert_snapshot!(draft.text);
    let codes: Vec<_> = findings(&schema, &draft.text).iter().map(|f| f.code).collect();
    assert_eq!(codes, ["C110"]);
}

#[test]
fn a_tenant_is_told_where_a_column_plainly_holds_it() {
    let schema = read(Dialect::Postgres, SHOP);
    let policy = parse(&drafted(&schema, Undecided::Review).text).0.unwrap();
    let tenant = |name: &str| {
        let thing = policy.things.iter().find(|thing| thing.name.as_str() == name).unwrap();
        thing.tenant.as_ref().map(|tenant| format!("{:?}", tenant.value))
    };
    assert!(tenant("orgs").is_some_and(|path| path.contains("\"id\"")));
    assert!(tenant("customers").is_some_and(|path| path.contains("org_id")));
    assert!(tenant("orders").is_some_and(|path| path.contains("customer_id")));
    assert_eq!(tenant("reviews").map(|path| path.contains("product_id")), Some(true));
    assert_eq!(tenant("mails"), None, "its reference is a guess");
}

#[test]
fn values_confirm_refute_and_tell_apart() {
    use super::Seen;
    let tables =
        "runs: id int key\njobs: id int key\nnotes: id int key, run_id int null, job int index";
    let schema = read(Dialect::Postgres, tables);
    let found = |seen: [Option<Seen>; 2]| -> Vec<String> {
        let candidates = candidates(&schema);
        assert_eq!(candidates.len(), 2, "{candidates:?}");
        suggestions(candidates, &seen).iter().map(|s| s.candidate.parent.to_string()).collect()
    };
    let seen = |values, found| Some(Seen { values, found });
    let index = |parent: &str| {
        candidates(&schema).iter().position(|c| c.parent.to_string() == parent).unwrap()
    };
    let (run, job) = (index("runs"), index("jobs"));
    let with = |of_run, of_job| {
        let mut both = [None, None];
        (both[run], both[job]) = (of_run, of_job);
        found(both)
    };
    assert_eq!(with(None, None), ["jobs", "runs"]);
    assert_eq!(with(seen(10, 10), seen(10, 2)), ["runs"]);
    assert_eq!(with(seen(10, 0), seen(0, 0)), ["jobs"]);
}
