//! Findings of a policy, shown at their place in the file.

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource,
    Severity as Weight, SourceCode,
};
use sexton_core::check::LOOKED_AT;
use sexton_core::finding::{Finding, Severity, Span};

use super::paint::{bold, green, red, yellow};
use super::words::counted;
use super::{WIDTH, clean};
use crate::policy_file::PolicyFile;

/// Every finding with its place, code and way out.
pub fn findings(file: &PolicyFile, findings: &[Finding]) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode())
        .with_width(WIDTH)
        .with_links(false)
        .with_break_words(false)
        .without_syntax_highlighting();
    let mut text = String::new();
    for finding in findings {
        let place = file.source(finding.span.unwrap_or_default());
        let shown = Shown {
            finding,
            docs: finding.docs(),
            span: finding.span.map(|_| place.span),
            source: NamedSource::new(place.name, place.text.to_owned()),
        };
        handler.render_report(&mut text, &shown).expect("text can always be written to");
        text.push('\n');
    }
    text
}

/// How many there are, in one line.
pub fn summary(findings: &[Finding]) -> String {
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count() as u64;
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let said = |count, one, many, paint: fn(&str) -> String| match count {
        0 => format!("no {many}"),
        count => paint(&counted(count, one, many)),
    };
    let errors_said = said(errors, "error", "errors", red);
    let text = format!("{errors_said}, {}", said(warnings, "warning", "warnings", yellow));
    if errors + warnings == 0 { green(&text) } else { bold(&text) }
}

/// What was not looked at, and how it would be.
pub fn looked_short(bounded: &[String], unanswered: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    if !bounded.is_empty() {
        let tables = clean(&bounded.join(", "));
        lines.push(format!("Only {LOOKED_AT} rows were looked at of {tables}."));
    }
    if !unanswered.is_empty() {
        let looks = clean(&unanswered.join(", "));
        lines.push(format!("It took too long to {looks}."));
    }
    if !lines.is_empty() {
        lines.push("With --all-rows, all of them are looked at.".into());
    }
    lines
}

/// A finding as miette takes it.
#[derive(Debug)]
struct Shown<'a> {
    finding: &'a Finding,
    docs: String,
    /// Its place in its own file.
    span: Option<Span>,
    source: NamedSource<String>,
}

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.finding.code))
    }

    fn severity(&self) -> Option<Weight> {
        Some(match self.finding.severity {
            Severity::Error => Weight::Error,
            Severity::Warning => Weight::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        let help = self.finding.help.as_ref()?;
        Some(Box::new(help))
    }

    fn url<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(&self.docs))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.span.map(|_| &self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span?;
        let length = span.end.saturating_sub(span.start);
        Some(Box::new(std::iter::once(LabeledSpan::underline((span.start, length)))))
    }
}
