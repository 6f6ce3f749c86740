//! Names taken apart into words, so that `latestRunId` can be told to name a row of `runs`.

/// The words of a name, in small letters and in the singular: `runId` and `run_ids` are alike.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        let begins = letter.is_uppercase() && before.is_lowercase();
        if begins || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words.iter().map(|word| singular(word)).collect()
}

/// The singular by the rules of English, as far as table names need it. A word that is wrong here
/// is wrong in the table's name and in the column's alike, so that they still meet.
fn singular(word: &str) -> String {
    const IRREGULAR: [(&str, &str); 5] = [
        ("people", "person"),
        ("children", "child"),
        ("indices", "index"),
        ("indexes", "index"),
        ("statuses", "status"),
    ];
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == word) {
        return (*one).to_owned();
    }
    let is_short = word.chars().count() <= 3;
    if let Some(stem) = word.strip_suffix("ies").filter(|_| word.chars().count() > 4) {
        return format!("{stem}y");
    }
    let hissing = ["sses", "xes", "ches", "shes", "zzes"];
    if hissing.iter().any(|end| word.ends_with(end)) {
        return word[..word.len() - 2].to_owned();
    }
    let is_singular = ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    match word.strip_suffix('s') {
        Some(stem) if !is_singular && !is_short => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_apart_into_singular_words() {
        for (name, expected) in [
            ("run_id", "run id"),
            ("latestRunId", "latest run id"),
            ("analysis_cohort_snapshots", "analysis cohort snapshot"),
            ("Order Lines", "order line"),
            ("companies", "company"),
            ("boxes", "box"),
            ("addresses", "address"),
            ("address", "address"),
            ("status", "status"),
            ("people", "person"),
            ("bus", "bus"),
            ("ip4_blocks", "ip4 block"),
            ("日本", "日本"),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }
}
