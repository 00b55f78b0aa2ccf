//! Renders templates and writes pages with their JSON.

use std::path::PathBuf;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use rayon::ThreadPoolBuildError;
use serde::Serialize;
use thiserror::Error;

use super::{escape, text};
use crate::config::PublishConfig;
use crate::snapshot::generation::{GenerationError, GenerationSink, PUBLIC};
use crate::sys::override_file;

const STYLE: &str = "style.css";
pub(super) const STYLE_SHEET: &str = include_str!("templates/style.css");
pub(super) const TEMPLATES: [(&str, &str); 10] = [
    ("base.html", include_str!("templates/base.html")),
    ("index.html", include_str!("templates/index.html")),
    ("product.html", include_str!("templates/product.html")),
    ("version.html", include_str!("templates/version.html")),
    ("arch.html", include_str!("templates/arch.html")),
    ("mirror.html", include_str!("templates/mirror.html")),
    ("mirrors.html", include_str!("templates/mirrors.html")),
    ("versions.html", include_str!("templates/versions.html")),
    ("propagation.html", include_str!("templates/propagation.html")),
    (
        "version_propagation.html",
        include_str!("templates/version_propagation.html"),
    ),
];
/// The version of the JSON format, described in `docs/PUBLICLIST.md`. Keys may be added; any other change increments it.
const JSON_FORMAT: u32 = 1;

/// A failure to render the pages.
#[derive(Debug, Error)]
pub(crate) enum PagesError {
    #[error("cannot read {path}: {why}; correct publish.templates_dir in the config")]
    Read {
        path: PathBuf,
        #[source]
        why: std::io::Error,
    },
    #[error("invalid template {name}: {why}")]
    Template {
        name: String,
        /// The reason, with the line.
        why: String,
    },
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot render the chart of {repository}: {why}")]
    Chart {
        /// The repository as `prefix/arch`.
        repository: String,
        why: String,
    },
    #[error(transparent)]
    Sink(#[from] GenerationError),
    #[error("cannot start threads: {0}")]
    Threads(#[from] ThreadPoolBuildError),
}

/// A link in the path from the start page to a page.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Breadcrumb<'a> {
    pub(super) name: &'a str,
    pub(super) page: &'a str,
}

#[derive(Debug, Serialize)]
struct Document<'a, T> {
    format: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// Converts `data` for templates.
pub(super) fn view<T: Serialize + ?Sized>(data: &T) -> Value {
    Value::from(Serde(data))
}

pub(super) struct PageRenderer<'c> {
    env: Environment<'static>,
    title: &'c str,
    sink: &'c dyn GenerationSink,
}

impl<'c> PageRenderer<'c> {
    pub(super) fn new(config: &'c PublishConfig, sink: &'c dyn GenerationSink) -> Result<Self, PagesError> {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_formatter(escape::format);
        env.add_filter("bandwidth", text::bandwidth);
        env.add_filter("protocol", text::protocol);
        env.add_filter("state_label", text::state_label);
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true);
        env.set_syntax(syntax.build().map_err(|e| template_error("syntax", &e))?);
        for (name, built_in) in TEMPLATES {
            let source = template_override(config, name)?.unwrap_or_else(|| built_in.to_owned());
            env.add_template_owned(name, source)
                .map_err(|e| template_error(name, &e))?;
        }
        let style = template_override(config, STYLE)?.unwrap_or_else(|| STYLE_SHEET.to_owned());
        let renderer = Self {
            env,
            title: &config.title,
            sink,
        };
        renderer.put(STYLE, style.as_bytes())?;
        Ok(renderer)
    }

    /// Writes `index.html` and `index.json` to the directory `page`, relative to `public/` and with a slash at the end unless
    /// it is empty. `parents` are the pages on the path to it from the start page.
    pub(super) fn render<T: Serialize>(
        &self,
        template: &'static str,
        page: &str,
        parents: &[Breadcrumb<'_>],
        content: &Value,
        json: &T,
    ) -> Result<(), PagesError> {
        let root = "../".repeat(page.matches('/').count());
        let site = self.title;
        let start = (!page.is_empty()).then_some(Breadcrumb { name: site, page: "" });
        let crumbs = view(&start.iter().chain(parents).collect::<Vec<_>>());
        let text = self
            .env
            .get_template(template)
            .and_then(|t| t.render(context! { root, site, crumbs, page, ..content.clone() }))
            .map_err(|e| template_error(template, &e))?;
        self.put(&format!("{page}index.html"), text.as_bytes())?;
        self.put_json(&format!("{page}index.json"), json)
    }

    pub(super) fn put_json<T: Serialize>(&self, path: &str, content: &T) -> Result<(), PagesError> {
        let text = serde_json::to_string(&Document {
            format: JSON_FORMAT,
            content,
        })?;
        // Occurs in strings only. Escaped, so that no client takes the file for HTML, whatever its media type.
        let mut bytes = text.replace('<', "\\u003c").into_bytes();
        bytes.push(b'\n');
        self.put(path, &bytes)
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), PagesError> {
        Ok(self.sink.put(&format!("{PUBLIC}/{path}"), bytes)?)
    }
}

/// Reads the file `name` in the template directory of the config, if there is one.
fn template_override(config: &PublishConfig, name: &str) -> Result<Option<String>, PagesError> {
    override_file::read(&config.templates_dir, name).map_err(|(path, why)| PagesError::Read { path, why })
}

fn template_error(name: &str, e: &minijinja::Error) -> PagesError {
    PagesError::Template {
        name: e.name().unwrap_or(name).to_owned(),
        why: e.to_string(),
    }
}
