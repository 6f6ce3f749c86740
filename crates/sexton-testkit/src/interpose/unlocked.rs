//! Takes the row locks out of a statement.

/// How a lock at the end of a statement begins.
const LOCKS: [&str; 4] = [" FOR UPDATE", " FOR NO KEY UPDATE", " FOR SHARE", " FOR KEY SHARE"];

/// The statement without the lock at its end.
pub(super) fn without_locks(sql: &str) -> &str {
    let Some(start) = sql.rfind(" FOR ") else {
        return sql;
    };
    let lock = &sql[start..];
    let of_tables = |rest: &str| {
        rest.is_empty()
            || [" SKIP LOCKED", " NOWAIT"].contains(&rest)
            || rest.strip_prefix(" OF ").is_some_and(|names| !names.contains(' '))
    };
    match LOCKS.iter().find_map(|words| lock.strip_prefix(words)) {
        Some(rest) if of_tables(rest) => &sql[..start],
        _ => sql,
    }
}

#[cfg(test)]
mod tests {
    use super::without_locks;

    #[test]
    fn only_a_lock_at_the_end_is_taken() {
        for (sql, expected) in [
            ("SELECT 1 FROM runs ORDER BY id FOR UPDATE", "SELECT 1 FROM runs ORDER BY id"),
            ("SELECT 1 FROM runs FOR NO KEY UPDATE", "SELECT 1 FROM runs"),
            ("SELECT j.id FROM jobs AS j FOR SHARE OF \"j\"", "SELECT j.id FROM jobs AS j"),
            ("SELECT 1 FROM runs FOR UPDATE SKIP LOCKED", "SELECT 1 FROM runs"),
            ("SELECT 1 FROM runs FOR UPDATE NOWAIT", "SELECT 1 FROM runs"),
            ("SELECT 1 FROM runs", "SELECT 1 FROM runs"),
            ("SELECT ' FOR UPDATE' AS x", "SELECT ' FOR UPDATE' AS x"),
            ("SELECT substring(a FROM 1 FOR 2) FROM t", "SELECT substring(a FROM 1 FOR 2) FROM t"),
        ] {
            assert_eq!(without_locks(sql), expected);
        }
    }
}
