//! The examples under each `--help`.

pub const SEXTON: &str = "\
Begin here:
  sexton demo                          five sample systems to play with
  sexton init -o sexton.toml           a first policy for your own database
  sexton check                         does the policy fit the database?
  sexton preview batch autumn-2026     what would go, change and stay
  sexton delete batch autumn-2026      the same, then asks, then deletes

Exit codes:
  0 done   1 refused   2 usage or configuration   3 declined   4 not found
  5 failed";

pub const DEMO: &str = "\
Examples:
  sexton demo
  sexton demo --dir /tmp/try --listen 127.0.0.1:9000
  sexton demo batches

Serves the sample systems on SQLite and folders, with applications that work on
what comes in, and says what to try. Needs nothing else. What is in the folder
is gone on with; --fresh begins anew. Ctrl-C ends it.

With the name of a sample it shows a first deletion there instead: it checks
the policy, previews and deletes a thing, deletes another one under its workers,
verifies the audit, and ends.

Exit codes: 0 ended, 2 usage, or the folder is somebody else's";

pub const INIT: &str = "\
Examples:
  sexton init --database postgres://localhost/shop -o sexton.toml
  sexton init --database sqlite:shop.db --undecided block

Every foreign key gets the line that its ON DELETE implies; where it implies
nothing, the line says \"review\" and waits for you. References that the
database does not know are guessed from names and values, and stand behind
`#?`: take the mark away, or the line. Only reads. Without -o, to the screen.

The database is --database, else DATABASE_URL. Tables outside the schema
are written schema.table.

Exit codes: 0 drafted, 2 the file is there already, 5 no database";

pub const CHECK: &str = "\
Examples:
  sexton check -p sexton.toml --strict
  git show main:sexton.toml > old.toml && sexton check --diff old.toml
  sexton check --save before.json    (and after a change of the schema:)
  sexton check --diff before.json

Shows every finding in one run: its code, its place in the file, the way out.
Every foreign key of the database needs a line in the policy; one that is
missing, stale or undecided fails. Codes are explained in docs/policy.md.
What --diff tells is no finding: it is for the person who reviews the change.

  sexton check --grants app | psql     what the role `app` needs, and no more

Exit codes: 0 no errors, 1 errors, 2 the file cannot be read, 5 no database";

pub const GRAPH: &str = "\
Examples:
  sexton graph batch
  sexton graph batch --depth 2
  sexton graph batch --output svg > batch.svg

Drawn from the policy alone, so no database is asked. Each table that goes
stands once, where the fewest steps lead to it; elsewhere it says (see there).
Tables that say the same, with nothing below them, share a line.";

pub const PREVIEW: &str = "\
Examples:
  sexton preview batch autumn-2026
  sexton preview batch autumn-2026 --why entries
  sexton preview batch autumn-2026 summer-2026
  sexton preview snapshot --find cohort=1 --find slug=autumn --output json

  -  rows that go                  =  rows that keep referring to what goes
  ~  rows that change              >  work in flight
  *  rows that are computed anew   !  what refuses, and warnings

Reads one consistent snapshot and never writes. The digest at the end binds a
later deletion to exactly this: sexton delete … --digest DIGEST

Exit codes: 0 could be deleted, 1 something refuses, 4 not found";

pub const DELETE: &str = "\
Examples:
  sexton delete batch autumn-2026 --reason 'asked for by mail'
  sexton delete batch autumn-2026 --confirm autumn-2026      (in a script)
  sexton delete batch b-7 b-8 b-9 --confirm '3 batches'

Shows the preview and asks, then deletes exactly what it showed: if that is no
longer true, nothing changes. Without a terminal --confirm answers beforehand,
and what is there then goes; --digest binds it to an earlier preview.
Several go all or none, as one deletion with one record. They are confirmed by
their number and what they are; the same id twice counts once.
Work in flight is asked to stop first, and waited for, as [work] says.
A thing with `hide` is hidden, and `sexton work` purges what hangs below it;
--for-good deletes it at once, hidden or not.

Exit codes: 0 gone and verified, 1 refused, 2 not confirmed, 3 declined,
            4 not found, 5 failed; only after 0 and 5 may anything be gone

Rows whose hooks could not all be called are gone all the same, for good: that
is 0 and says so, and `sexton work` goes on with the calls.";

pub const CANCEL: &str = "\
Examples:
  sexton cancel batch autumn-2026
  sexton cancel batch autumn-2026 --output json

Does what [work] of the policy says, and no more: what waits is stopped, workers
are told to stop, nobody is waited for. Doing it again changes nothing. Nothing
is deleted, so nothing is kept of it by status and audit.

Exit codes: 0 asked, also if there was nothing to ask, 4 not found";

pub const STATUS: &str = "\
Examples:
  sexton status
  sexton status dlt_dgvlx4hpqz6mtfyqtfhzgfwxge

First goes on with deletions whose process died: what had committed is looked
at again and gets its receipt, what had not begun is taken back.";

pub const RESTORE: &str = "\
Examples:
  sexton restore dlt_dgvlx4hpqz6mtfyqtfhzgfwxge

For things whose `hide` has an `undo`: what this deletion has hidden or changed
becomes what it was, all of it or nothing. Once a purge has begun, or the time of
`undo` is over, or somebody has changed such a row since, it refuses.

Exit codes: 0 restored, 1 refused, 4 not found, 5 failed";

pub const RETRY: &str = "\
Examples:
  sexton retry dlt_dgvlx4hpqz6mtfyqtfhzgfwxge

A call that is not taken is tried again after ever longer pauses, up to an hour:
this does not wait for the pause. What is under way elsewhere is left alone.

Exit codes: 0 nothing failed, 4 not found, 5 a call was not taken again";

pub const GIVE_UP: &str = "\
Examples:
  sexton give-up dlt_dgvlx4hpqz6mtfyqtfhzgfwxge --reason 'the index is gone'

For calls that nobody will ever take: a receiver that is no more. They are not
tried again, the deletion is looked at again and completes, and its receipt
counts them as given up. Who did so and why is a record of the chain. Better is
to mend the receiver (sexton retry), or to let it answer 410.

Exit codes: 0 none is open, 1 some are under way: again later, 4 not found";

pub const SWEEP: &str = "\
Examples:
  sexton sweep
  sexton sweep uploads --older-than 24h
  sexton sweep --reclaim --reason 'leak of May'
  sexton sweep --output json                     (a line a second, then all)

Lists every store beside what rows name, and changes nothing. Orphans are
objects that no row names: not by [objects], whether `where` means the row or
not, nor by a column of unless_named_by. What deletions under way will remove
is told apart, and so is what is younger than the store's sweep_after.

--reclaim removes orphans that are old enough. Each is looked at again: what a
row names by now, or what was written anew, stays. It has a record in the audit
and a receipt like a deletion. Nothing is removed where no row names anything,
or where more than half of a store would go.

Exit codes: 0 nothing found, or all of it removed; 1 something found, refused
or left; 2 usage or policy; 5 a store or the database failed";

pub const WORK: &str = "\
Examples:
  sexton work
  sexton work -p batches.toml datasets.toml
  sexton work --once                             (from cron)

Carries out what `sexton delete` promised and could not finish: calls of
[hooks] and objects of stores. What fails is tried again after a second, then
twice as long each time, up to an hour. Deletions that nobody carries on any
more are settled, as by `sexton status`. Any number of workers may run; each
promise is one worker's. Ctrl-C or SIGTERM ends it once what is under way has
ended. What fails: sexton status DELETION
It also purges what is hidden, as often as [things] say; with --once now.

Exit codes: 0 done or stopped, 5 the database failed (--once)";

pub const SERVE: &str = "\
Examples:
  sexton serve
  sexton serve -p batches.toml datasets.toml --listen 127.0.0.1:8080
  sexton serve --base-path /deletions --log-file sexton.log

Answers the HTTP API of each system below /api/systems/NAME; /openapi.json lists
every path, /healthz and /readyz say how it is. It also does what `sexton work`
does, unless --no-work leaves that to others. Any number of servers may run.

Without keys only this machine is answered, and everybody on it is the operator.
Ctrl-C or SIGTERM ends it: nobody new is let in, who waits is answered, and a
deletion that is not at its end is gone on with by whoever comes next.

Its log is a JSON object a line, on standard error or in --log-file.

Exit codes: 0 stopped, 2 usage or configuration, 5 it could not serve";

pub const KEY: &str = "\
Examples:
  sexton key create --name ci --role operator --system batches --expires 90d
  sexton key create --name shop --tenant t1
  sexton key list
  sexton key revoke key_…

A key opens the server's API: Authorization: Bearer sxt_… It is shown once and
stored as a hash. Without a role it may do what the policy lets everybody do
in its tenant; viewer only looks, operator sweeps and pauses too, admin does
everything. A revoked key opens nothing from the next request on. The first
key ends that whoever is on the server's machine is let in without one.

Keys are in the server's own state: --state, SEXTON_STATE, [who] state in
sexton-server.toml, or sexton-state.db; the last two beside the policy file.

Exit codes: 0 done, 2 usage or configuration, 4 no such key, 5 failed";

pub const SCHEMA: &str = "\
Example:
  sexton schema > sexton.schema.json

Editors that read TOML with a schema complete and explain the policy while you
write it, once its first line is:  #:schema ./sexton.schema.json";

pub const AUDIT: &str = "\
Examples:
  sexton audit list --limit 5
  sexton audit verify

Every deletion leaves one record, chained to the one before by its hash. A
record that was changed, removed or put in breaks the chain: exit code 1.";

pub const FENCE: &str = "\
Examples:
  sexton fence install --print
  sexton fence install
  sexton fence status

The triggers of [fence] refuse writers who attach rows to what was deleted.
Installing them again changes nothing. Whoever installs them must own the
tables; deletions refuse while one is missing or stale.

Exit codes: 0 done, or all stand; 1 (status) one is missing, stale or left over";

pub const HOLD: &str = "\
Examples:
  sexton hold add batch autumn-2026 --case C-17 --reason 'asked for by court'
  sexton hold add run --where \"status = 'failed'\" --reason 'incident of May'
  sexton hold list --all
  sexton hold release 4 --reason 'the case is closed'

Nobody deletes what is held: not by sexton delete, nor by retention, nor with
another thing that takes it along. A deletion that is under way is waited for:
once the hold is put, nothing that it is on goes. A condition is judged by the
database for each root, whenever somebody would delete it.

Exit codes: 0 done, 1 deletions are in the way, 2 usage or a condition that
            cannot be judged, 4 there is no such root, or no such hold";

pub const RETENTION: &str = "\
Examples:
  sexton retention list
  sexton retention run old-runs --dry-run
  sexton retention run old-runs --older-than 90d --limit 1000

Deletes what is as old as [retention] of the policy says, root by root, each
with its own guards, holds, work and limits, its own record and receipt. One
that refuses is told and stops no other. `sexton work` runs rules by `every`;
a rule whose age is a variable that is not set, or 0, only runs by hand.

Exit codes: 0 done, 1 a root stayed, or it is being run or paused elsewhere,
            2 usage or policy, 5 the database failed";

pub const PAUSE: &str = "\
Examples:
  sexton pause --reason 'the database is being moved'
  sexton pause --store uploads --reason 'its bill is disputed'

Workers begin nothing more: no call, no object, no root by age. What is under
way ends. A deletion by hand still removes its rows; its objects wait. Who
paused and why is a record of the chain, and `sexton status` shows it.";

pub const RESUME: &str = "\
Examples:
  sexton resume --reason 'it was moved'
  sexton resume --store uploads --reason 'it was paid'

A store that was paused by itself stays paused when the system is resumed.";
