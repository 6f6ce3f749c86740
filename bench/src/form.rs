//! The hand-written forms of one deletion: each is complete and ends in the same rows.

use sexton_core::schema::Dialect;

use crate::script::Script;

/// Every form that a database can run. SQLite has no CTEs that delete, and no joined DELETE.
pub fn forms(dialect: Dialect) -> Vec<Script> {
    let by_sub_query = Script::read("IN (sub-query)", include_str!("../forms/in.sql"));
    match dialect {
        Dialect::Postgres => vec![
            Script::read("DELETE … USING", include_str!("../forms/postgres/join.sql")),
            by_sub_query,
            Script::read("ids once, = ANY($1)", include_str!("../forms/postgres/array.sql")),
            Script::read("one CTE statement", include_str!("../forms/postgres/cte.sql")),
        ],
        Dialect::Sqlite => vec![
            by_sub_query,
            Script::read("ids once, json_each(?1)", include_str!("../forms/sqlite/json.sql")),
            Script::read("temporary tables", include_str!("../forms/sqlite/temp.sql")),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_binds_what_was_kept_before() {
        for form in [Dialect::Postgres, Dialect::Sqlite].into_iter().flat_map(forms) {
            let mut known = vec!["batch"];
            for step in &form.steps {
                assert!(step.binds.iter().all(|name| known.contains(name)), "{step:?}");
                known.extend(&step.keeps);
            }
        }
    }
}
