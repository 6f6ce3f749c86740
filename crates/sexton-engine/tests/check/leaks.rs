//! References that lead from one tenant to another.

use sexton_core::finding::Severity::Warning;

use crate::place::{BOTH, expect, finds};

const TABLES: &str = "
    CREATE TABLE orgs (id integer PRIMARY KEY);
    CREATE TABLE projects (id integer PRIMARY KEY, org_id integer NOT NULL REFERENCES orgs);
    CREATE TABLE artifacts (id integer PRIMARY KEY, project_id integer REFERENCES projects,
        org_id integer, kind text);
    CREATE INDEX projects_org ON projects (org_id);
    CREATE INDEX artifacts_project ON artifacts (project_id);
    CREATE INDEX artifacts_org ON artifacts (org_id);
    INSERT INTO orgs VALUES (1), (2);
    INSERT INTO projects VALUES (1, 1), (2, 2);
    INSERT INTO artifacts VALUES (1, 1, 1, 'a'), (2, 2, 2, 'a'), (3, 2, NULL, 'a');";

fn policy(tenant: &str, line: &str) -> String {
    format!(
        "[things.org]\nrow = \"orgs.id\"\ntenant = \"id\"\n\
         [things.project]\nrow = \"projects.id\"\ntenant = \"org_id\"\n\
         [things.artifact]\nrow = \"artifacts.id\"\ntenant = \"{tenant}\"\n\
         [references]\n\"artifacts.project_id -> projects\" = {line}\n\
         \"artifacts.org_id -> orgs\" = \"keep\"\n\"projects.org_id -> orgs\" = \"delete\"\n"
    )
}

#[tokio::test]
async fn rows_that_refer_to_another_tenants_are_counted() {
    let fine = policy("org_id", "\"delete\"");
    expect(TABLES, &fine, &[]).await;
    let leak = format!("{TABLES} INSERT INTO artifacts VALUES (4, 2, 1, 'b'), (5, 1, 2, 'b');");
    for dialect in BOTH {
        let found = finds(dialect, &leak, &fine).await;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!((found[0].code, found[0].severity), ("C321", Warning));
        assert_eq!(
            found[0].message,
            "`artifacts.project_id -> projects`: 2 row(s) of `artifacts` refer to rows of another \
             tenant, so who deletes a `project` of one tenant reaches into another"
        );
    }
    // The tenant that comes along the reference itself is the same on both sides.
    expect(&leak, &policy("project_id.org_id", "\"delete\""), &[]).await;
    expect(
        &leak,
        &policy("org_id", "{ rule = \"delete\", where = \"kind = 'a'\" }"),
        &[("C154", Warning)],
    )
    .await;
    let limited = fine.replace("[things.artifact]", "limits = { tenants = 1 }\n[things.artifact]");
    expect(&leak, &limited, &[]).await;
}
