//! `sexton fence`: makes the triggers of the policy's fence, removes them, tells how they are.

use serde_json::{Value, json};
use sexton_core::fence::{Post, Standing};
use sexton_core::finding::{Severity, Span};
use sexton_engine::FenceChange;

use crate::arguments::{Fence, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::text;
use crate::wiring::{self, Opened};

pub async fn run(fence: &Fence, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let opened = wiring::open(shared).await?;
    match fence {
        Fence::Install { print } => change(FenceChange::Install, *print, &opened, screen).await,
        Fence::Remove { print } => change(FenceChange::Remove, *print, &opened, screen).await,
        Fence::Status => status(&opened, screen).await,
    }
}

async fn change(
    what: FenceChange,
    print: bool,
    opened: &Opened,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let system = &opened.system;
    if what == FenceChange::Install {
        refuse_misfit(opened).await?;
    }
    let statements = if print {
        system.fence_statements(what).await?
    } else {
        system.change_fence(what).await?
    };
    let posts = system.fence().await?;
    if !screen.is_text() {
        screen.document(&json!({
            "printed": print,
            "statements": statements,
            "triggers": posts.iter().map(json_of).collect::<Vec<Value>>(),
        }));
        return Ok(Exit::Done);
    }
    if print {
        for statement in &statements {
            screen.say(&format!("{statement};\n"));
        }
    } else {
        let standing = posts.iter().filter(|post| post.standing == Standing::Installed).count();
        let standing = text::counted(standing as u64, "trigger", "triggers");
        let done = if statements.is_empty() { "Nothing to change" } else { "Done" };
        screen.say(&format!("{done}: the fence of {} has {standing}.", system.policy().system));
    }
    Ok(Exit::Done)
}

/// A fence that cannot be made as the policy says is not made in part. What is wrong elsewhere does
/// not keep it from being made.
async fn refuse_misfit(opened: &Opened) -> Result<(), Failure> {
    let mut findings = opened.system.check().await?;
    let fence = opened.system.policy().fence.iter();
    let sides: Vec<Span> = fence
        .flat_map(|fence| {
            let also = fence.also.iter().flat_map(|also| [also.column.span, also.sql.span]);
            fence.references.iter().map(|side| side.span).chain(also)
        })
        .collect();
    let is_of_fence =
        |span: Span| sides.iter().any(|side| side.start <= span.start && span.end <= side.end);
    findings.retain(|finding| {
        finding.severity == Severity::Error && finding.span.is_some_and(is_of_fence)
    });
    if findings.is_empty() {
        return Ok(());
    }
    Err(Failure::Misfit { file: opened.file.clone(), findings })
}

async fn status(opened: &Opened, screen: &mut Screen) -> Result<Exit, Failure> {
    let posts = opened.system.fence().await?;
    let is_whole = posts.iter().all(|post| post.standing == Standing::Installed);
    if screen.is_text() {
        screen.say(&text::fence(&posts, &opened.line.with(&["fence", "install"])));
    } else {
        screen.document(&json!({
            "whole": is_whole,
            "triggers": posts.iter().map(json_of).collect::<Vec<Value>>(),
        }));
    }
    Ok(if is_whole { Exit::Done } else { Exit::Refused })
}

fn json_of(post: &Post) -> Value {
    json!({
        "name": post.name,
        "table": post.table.to_string(),
        "watches": post.watches,
        "standing": post.standing,
    })
}
