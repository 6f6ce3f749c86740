//! The codes of the parser's findings; each has a heading in `docs/policy.md`.
//!
//! A code is never reused, so that a search for it always finds the same mistake.

/// The file is not TOML.
pub(super) const NOT_TOML: &str = "P001";
/// A section that the language does not know.
pub(super) const UNKNOWN_SECTION: &str = "P002";
/// A key that the language does not know in its place.
pub(super) const UNKNOWN_KEY: &str = "P003";
/// A value of another type than the key takes.
pub(super) const WRONG_TYPE: &str = "P004";
/// A key that must be there.
pub(super) const MISSING_KEY: &str = "P005";
/// A fate that the language does not know.
pub(super) const UNKNOWN_FATE: &str = "P006";
/// A line of `[references]` that does not read as `left -> right`.
pub(super) const BAD_ARROW: &str = "P007";
/// A path of tables and columns that cannot be read.
pub(super) const BAD_PATH: &str = "P008";
/// Braces that cannot be read.
pub(super) const BAD_BRACES: &str = "P009";
/// A `*` where sisters must be listed.
pub(super) const STAR: &str = "P010";
/// The same reference twice.
pub(super) const DUPLICATE_REFERENCE: &str = "P011";
/// Nothing where something must stand.
pub(super) const EMPTY: &str = "P012";
/// SQL that is more or less than one fragment.
pub(super) const BAD_SQL: &str = "P013";
/// A placeholder that the language does not know.
pub(super) const UNKNOWN_PLACEHOLDER: &str = "P014";
/// A duration that cannot be read.
pub(super) const BAD_DURATION: &str = "P015";
/// A number outside its range.
pub(super) const BAD_NUMBER: &str = "P016";
/// A word that is not one of those to choose from.
pub(super) const BAD_CHOICE: &str = "P017";
/// A thing like another that is not there.
pub(super) const UNKNOWN_LIKE: &str = "P018";
/// Things like each other in a circle.
pub(super) const LIKE_CYCLE: &str = "P019";
/// A derived column that needs `first`, of a table without one.
pub(super) const NONE_WITHOUT_FIRST: &str = "P020";
/// A name with characters that it must not have.
pub(super) const BAD_NAME: &str = "P021";
/// SQL where the name of a column must stand.
pub(super) const SQL_FOR_COLUMN: &str = "P022";
/// A composite reference whose sides differ in length.
pub(super) const UNEQUAL_SIDES: &str = "P023";
/// A secret that stands in the file, or may.
pub(super) const NOT_ENV: &str = "P024";
/// A placeholder inside SQL quotes, where it is plain text.
pub(super) const QUOTED_PLACEHOLDER: &str = "P025";
/// Text whose placeholders cannot be read.
pub(super) const BAD_TEMPLATE: &str = "P040";
/// Whom to call, written in no form that is known.
pub(super) const BAD_CALL: &str = "P041";
/// The address of a store with credentials in it.
pub(super) const CREDENTIALS: &str = "P050";
/// Another file that cannot be read.
pub(super) const UNREAD_FILE: &str = "P026";
/// Files like each other in a circle.
pub(super) const FILE_CYCLE: &str = "P027";
/// Two keys that say the same thing twice.
pub(super) const BOTH_KEYS: &str = "P051";
/// The same name twice in a list.
pub(super) const TWICE: &str = "P052";
/// What is not the name of a rule of objects, where one must stand.
pub(super) const NO_RULE_OF_OBJECTS: &str = "P053";
/// A placeholder of a pool that is no plain word.
pub(super) const NO_POOL_WORD: &str = "P054";
/// A place in a manifest that cannot be read.
pub(super) const BAD_PLACE: &str = "P055";
/// A manifest that names nothing.
pub(super) const EMPTY_MANIFEST: &str = "P056";
/// What is no method and path, where the name of a route must stand.
pub(super) const BAD_ROUTE: &str = "P057";
/// What no route can do.
pub(super) const BAD_DEED: &str = "P058";
/// What is nowhere in a request.
pub(super) const BAD_GIVEN: &str = "P059";
/// An outcome that the language does not know.
pub(super) const UNKNOWN_OUTCOME: &str = "P060";
/// A header that an answer cannot have.
pub(super) const BAD_HEADER: &str = "P061";
/// A placeholder in the condition of a hold that nothing binds.
pub(super) const UNBOUND_IN_HOLD: &str = "P080";
/// A `hide` from which nobody can tell what is hidden.
pub(super) const UNTOLD_HIDDEN: &str = "P071";
/// A pause between chunks that cannot be read.
pub(super) const BAD_PAUSE: &str = "P072";
/// A purge of what nothing hides.
pub(super) const PURGE_WITHOUT_HIDE: &str = "P073";
/// A purge of what can be restored for ever.
pub(super) const PURGED_FOREVER: &str = "P074";
/// An age that is none.
pub(super) const BAD_AGE: &str = "P081";
/// An order that names no single column.
pub(super) const BAD_ORDER: &str = "P082";
/// A rule of retention that would delete everything.
pub(super) const RETAINS_NOTHING: &str = "P083";
