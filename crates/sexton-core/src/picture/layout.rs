//! Where each box of a picture stands: one column for each level, parents beside their children.
//!
//! Each box has a band of its own, as high as all that hangs below it needs, and bands are stacked.
//! So no two boxes of a column touch, and the lines, which run in the gaps between columns and
//! within one band, cross neither boxes nor each other, however large the picture.

use super::{Branch, Picture};

/// Sizes in units of the drawing, for a monospaced font of twelve.
pub(super) const LETTER: usize = 8;
pub(super) const LINE: usize = 17;
pub(super) const PADDING: usize = 8;
const GAP_BETWEEN_COLUMNS: usize = 56;
const GAP_BETWEEN_BOXES: usize = 12;

/// So many letters fit a line of a box; longer text is folded, longer words are cut.
const LETTERS_MAX: usize = 44;

/// So many sisters are named in their box.
const SISTERS_MAX: usize = 10;

/// One box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed<'a> {
    /// What it shows.
    pub branch: &'a Branch,
    /// Its level: 0 for roots.
    pub level: usize,
    /// The box it hangs below, by its place in the list.
    pub parent: Option<usize>,
    /// Its lines of text; the first ones are names.
    pub lines: Vec<String>,
    /// How many lines are names.
    pub names: usize,
    /// Left edge.
    pub x: usize,
    /// Upper edge.
    pub y: usize,
    /// Width.
    pub width: usize,
    /// Height.
    pub height: usize,
}

impl Placed<'_> {
    /// The height at which lines meet it.
    pub fn middle(&self) -> usize {
        self.y + self.height / 2
    }
}

/// All boxes, and the size of the drawing without its margins.
pub(super) fn layout(picture: &Picture) -> (Vec<Placed<'_>>, usize, usize) {
    let mut boxes = Vec::new();
    for root in &picture.roots {
        collect(root, 0, None, &mut boxes);
    }
    let levels = boxes.iter().map(|placed| placed.level).max().map_or(0, |level| level + 1);
    let mut x = 0;
    for level in 0..levels {
        let of_level = boxes.iter_mut().filter(|placed| placed.level == level);
        let mut widest = 0;
        for placed in of_level {
            placed.x = x;
            widest = widest.max(placed.width);
        }
        x += widest + GAP_BETWEEN_COLUMNS;
    }
    let children = children(&boxes);
    let mut height = 0;
    for at in (0..boxes.len()).filter(|at| boxes[*at].parent.is_none()).collect::<Vec<_>>() {
        height += place(&mut boxes, &children, at, height) + GAP_BETWEEN_BOXES;
    }
    (boxes, x.saturating_sub(GAP_BETWEEN_COLUMNS), height.saturating_sub(GAP_BETWEEN_BOXES))
}

fn collect<'a>(
    branch: &'a Branch,
    level: usize,
    parent: Option<usize>,
    boxes: &mut Vec<Placed<'a>>,
) {
    let (lines, names) = lines(branch);
    let widest = lines.iter().map(|line| letters(line)).max().unwrap_or(0);
    let at = boxes.len();
    boxes.push(Placed {
        branch,
        level,
        parent,
        names,
        x: 0,
        y: 0,
        width: widest * LETTER + 2 * PADDING,
        height: lines.len() * LINE + 2 * PADDING - 4,
        lines,
    });
    for child in &branch.below {
        collect(child, level + 1, Some(at), boxes);
    }
}

/// The boxes that hang below each box.
fn children(boxes: &[Placed<'_>]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); boxes.len()];
    for (at, placed) in boxes.iter().enumerate() {
        if let Some(parent) = placed.parent {
            children[parent].push(at);
        }
    }
    children
}

/// Places a box and all below it into a band that begins here; returns the band's height.
fn place(boxes: &mut [Placed<'_>], children: &[Vec<usize>], at: usize, top: usize) -> usize {
    let below: usize = children[at].iter().map(|child| band(boxes, children, *child)).sum();
    let gaps = children[at].len().saturating_sub(1) * GAP_BETWEEN_BOXES;
    let own = boxes[at].height;
    let height = own.max(below + gaps);
    boxes[at].y = top + (height - own) / 2;
    let mut next = top + (height - below - gaps) / 2;
    for child in &children[at] {
        next += place(boxes, children, *child, next) + GAP_BETWEEN_BOXES;
    }
    height
}

/// How high a box and all below it are.
fn band(boxes: &[Placed<'_>], children: &[Vec<usize>], at: usize) -> usize {
    let below: usize = children[at].iter().map(|child| band(boxes, children, *child)).sum();
    let gaps = children[at].len().saturating_sub(1) * GAP_BETWEEN_BOXES;
    boxes[at].height.max(below + gaps)
}

/// What a box says: names, then by which columns, what changes, and which rows are meant.
fn lines(branch: &Branch) -> (Vec<String>, usize) {
    let tables = &branch.tables;
    let mut names = Vec::new();
    if let [only] = tables.as_slice() {
        let note = if branch.elsewhere { " (see there)" } else { "" };
        names.push(format!("{} {}{note}", branch.mark.sign(), cut(&only.to_string())));
    } else {
        names.push(format!("{} {} tables", branch.mark.sign(), tables.len()));
        let shown = if tables.len() <= SISTERS_MAX { tables.len() } else { SISTERS_MAX - 1 };
        names.extend(tables[..shown].iter().map(|table| format!("  {}", cut(&table.to_string()))));
        if tables.len() > shown {
            names.push(format!("  and {} more", tables.len() - shown));
        }
    }
    let count = names.len();
    let mut lines = names;
    lines.extend(folded(&branch.way()));
    lines.extend(branch.change.iter().flat_map(|change| folded(change)));
    lines.extend(branch.condition.iter().flat_map(|is| folded(&format!("where {is}"))));
    if branch.left_out > 0 {
        lines.push(format!("… {} more below", branch.left_out));
    }
    (lines, count)
}

/// A text in lines that fit a box.
fn folded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let word = cut(word);
        let last = lines.last_mut().expect("there is a first line");
        if last.is_empty() {
            *last = word;
        } else if letters(last) + 1 + letters(&word) <= LETTERS_MAX {
            last.extend([" ", &word]);
        } else {
            lines.push(format!("  {word}"));
        }
    }
    lines
}

/// A word that fits a line of a box.
fn cut(word: &str) -> String {
    if letters(word) <= LETTERS_MAX {
        return word.to_owned();
    }
    let mut cut = String::new();
    for letter in word.chars() {
        if letters(&cut) + 2 >= LETTERS_MAX {
            break;
        }
        cut.push(letter);
    }
    cut + "…"
}

/// How wide a text is in letters; those of some scripts are twice as wide.
pub(super) fn letters(text: &str) -> usize {
    text.chars().map(|letter| if u32::from(letter) >= 0x1100 { 2 } else { 1 }).sum()
}
