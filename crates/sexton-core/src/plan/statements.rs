//! Every statement of a plan, wherever it stands.

use super::{
    CallCount, Claim, Derivation, Find, HookPlan, Judgement, Plan, Recording, Removal, RootPlan,
    Told, Working,
};
use crate::sql::{Bind, Statement};

impl Plan {
    /// Whether SQL of the policy says `{id}`: such a plan is carried out for one root at a time.
    pub fn speaks_of_one(&self) -> bool {
        self.statements().any(|statement| statement.binds.contains(&Bind::Id))
    }

    /// All of them.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        let steps = &self.steps;
        let found = steps.find.iter().flat_map(of_find);
        let judged = steps.judge.iter().flat_map(of_judgement);
        let counted = self.tenants.iter().map(|tenants| &tenants.statement).chain(&self.leaves);
        let kept = self.kept.iter().filter_map(|kept| kept.count.as_ref());
        let worked = steps.work.iter().flat_map(of_work);
        let recorded = steps.record.iter().flat_map(of_recording);
        let named = steps.name.iter().map(|named| &named.statement);
        let changed = steps
            .change
            .iter()
            .flat_map(|change| [&change.statement].into_iter().chain(&change.foretold.statement));
        let removed = steps.remove.iter().flat_map(of_removal);
        let derived = steps.derive.iter().flat_map(of_derivation);
        let looked = self.looks.iter().map(|look| &look.statement);
        of_root(&self.root)
            .chain(found)
            .chain(judged)
            .chain(counted)
            .chain(kept)
            .chain(worked)
            .chain(recorded)
            .chain(named)
            .chain(changed)
            .chain(removed)
            .chain(derived)
            .chain(looked)
            .chain(self.undo.iter().flat_map(|undo| [&undo.reread, &undo.restore]))
            .chain(self.claim.iter().flat_map(of_claim))
    }
}

fn of_claim(claim: &Claim) -> impl Iterator<Item = &Statement> {
    let holders = claim.holders.iter().map(|holders| &holders.statement);
    let referents = claim.referents.iter().flat_map(|of| [&of.statement, &of.held]);
    holders.chain([&claim.statement]).chain(&claim.left).chain(&claim.at_work).chain(referents)
}

fn of_root(root: &RootPlan) -> impl Iterator<Item = &Statement> {
    let row = root.row.iter().flat_map(|row| [&row.statement, &row.held, &row.subject]);
    row.chain(&root.find).chain(&root.started)
}

fn of_find(find: &Find) -> Vec<&Statement> {
    match find {
        Find::Table { statement, .. } => vec![statement],
        Find::Component { seeds, rounds, lasts } => {
            let seeds = seeds.iter().map(|(_, statement)| statement);
            let rounds = rounds.iter().map(|round| &round.statement);
            let lasts = lasts.iter().flat_map(|last| last.finds.iter().chain([&last.judge]));
            seeds.chain(rounds).chain(lasts).collect()
        }
    }
}

fn of_judgement(judgement: &Judgement) -> impl Iterator<Item = &Statement> {
    let guarded = judgement.guarded.iter().map(|guarded| &guarded.statement);
    judgement.lock.iter().chain([&judgement.statement]).chain(guarded)
}

fn of_work(work: &Working) -> impl Iterator<Item = &Statement> {
    let stopped = work.lock.iter().chain(&work.stop).chain(&work.stop_staying).chain(&work.ask);
    let told = work.hook.iter().flat_map(of_recording);
    [&work.at_work, &work.count].into_iter().chain(stopped).chain(told)
}

fn of_recording(recording: &Recording) -> impl Iterator<Item = &Statement> {
    let counted = match &recording.told {
        Told::Hook(HookPlan { calls: CallCount::Asked(statement), .. }) => Some(statement.as_ref()),
        _ => None,
    };
    recording.statement.iter().chain(counted)
}

fn of_removal(removal: &Removal) -> impl Iterator<Item = &Statement> {
    let parts = removal.parts.iter().flat_map(|part| {
        [&part.statement, &part.count].into_iter().chain(&part.population).chain(&part.check)
    });
    parts.chain(&removal.together)
}

fn of_derivation(derivation: &Derivation) -> impl Iterator<Item = &Statement> {
    let told = derivation.foretold.statement.iter();
    derivation.release.iter().chain([&derivation.statement]).chain(told)
}
