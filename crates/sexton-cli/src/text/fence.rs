//! The triggers of a fence, table by table.

use sexton_core::fence::{Post, Standing};

use super::words::clean;

/// What each trigger is, and what to do if one is amiss.
pub fn fence(posts: &[Post], install: &str) -> String {
    if posts.is_empty() {
        return "The policy asks for no triggers, and none are there.".to_owned();
    }
    let width = posts.iter().map(|post| post.table.to_string().chars().count()).max().unwrap_or(0);
    let mut lines: Vec<String> = posts
        .iter()
        .map(|post| {
            let watches = post.watches.as_deref().unwrap_or("of an earlier fence");
            let (word, table) = (word(post.standing), clean(&post.table.to_string()));
            format!("{word:<9}  {table:<width$}  {}", clean(watches))
        })
        .collect();
    if posts.iter().any(|post| post.standing != Standing::Installed) {
        lines.push(format!("\nTo make it what the policy says:\n    {install}"));
    }
    lines.join("\n")
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Installed => "installed",
        Standing::Missing => "missing",
        Standing::Stale => "stale",
        Standing::Leftover => "leftover",
    }
}
