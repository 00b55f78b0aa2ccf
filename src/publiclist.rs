//! Stage 4b: the public pages.
//!
//! Static HTML and one style sheet, drawn from the same [`Listing`] as the snapshot and written into `public/` of the
//! generation:
//!
//! | page | what |
//! |---|---|
//! | `index.html` | products, their versions, the numbers, how to use a mirror |
//! | `PRODUCT/index.html` | the versions of a product |
//! | `PRODUCT/VERSION/index.html` | the architectures of a version |
//! | `PRODUCT/VERSION/ARCH/index.html` | its repositories, and who really holds them, by country |
//! | `versions/index.html` | all versions, the last detected on top |
//! | `propagation/index.html` | how far the newest pushes have come |
//! | `PRODUCT/VERSION/propagation/index.html` | the same of a version over time, with a picture for each repository |
//! | `generation.json` | the edition and its numbers, for programs |
//!
//! All links are relative: the pages work from any web server and any directory. Nothing is fetched from elsewhere, there is no
//! script. Private hosts, private URLs and what the master does not show the world never appear.
//!
//! The pages hold no time but that of the facts, so that equal facts give equal pages. No page can name the ID of its
//! generation, which is a hash over the pages; `index.html` and `generation.json` name the *edition* instead: the first 16
//! digits of the SHA-256 of the snapshot, which stands in the manifest too.
//!
//! Templates and style sheet are embedded; files of the same names in `update.templates_dir` take their places.

use std::path::PathBuf;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::config::UpdateConfig;
use crate::mirrorlist::build::Listing;
use crate::mirrorlist::generation::{Files, PUBLIC};
use crate::model::history::History;

mod chart;
mod escape;
mod facts;
mod propagation;
mod slug;
mod tree;

use facts::Facts;
use tree::{Numbers, ProductView};

const STYLE: &str = "style.css";
const TEMPLATES: [(&str, &str); 8] = [
    ("base.html", include_str!("publiclist/templates/base.html")),
    ("index.html", include_str!("publiclist/templates/index.html")),
    ("product.html", include_str!("publiclist/templates/product.html")),
    ("version.html", include_str!("publiclist/templates/version.html")),
    ("arch.html", include_str!("publiclist/templates/arch.html")),
    ("versions.html", include_str!("publiclist/templates/versions.html")),
    (
        "propagation.html",
        include_str!("publiclist/templates/propagation.html"),
    ),
    ("spread.html", include_str!("publiclist/templates/spread.html")),
];
const STYLE_SHEET: &str = include_str!("publiclist/templates/style.css");

/// Why the pages could not be drawn.
#[derive(Debug, Error)]
pub enum PagesError {
    /// The directory of the config or a file in it cannot be read.
    #[error("cannot read {path}: {why}; correct update.templates_dir in the config")]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        why: std::io::Error,
    },
    /// A template is wrong.
    #[error("the template {name} is wrong: {why}")]
    Template {
        /// Which.
        name: String,
        /// Where and why.
        why: String,
    },
    /// Something could not be written as JSON.
    #[error("{path}: {why}")]
    Json {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        why: serde_json::Error,
    },
    /// A picture could not be drawn.
    #[error("the picture of {name}: {why}")]
    Picture {
        /// Of which repository.
        name: String,
        /// Why.
        why: String,
    },
}

/// What `generation.json` says.
#[derive(Debug, Serialize)]
struct About<'a> {
    format: u32,
    edition: &'a str,
    snapshot_sha256: &'a str,
    snapshot_size: usize,
    numbers: &'a Numbers,
}

/// One step of the way from the start page to a page.
#[derive(Debug, Clone, Serialize)]
struct Crumb {
    name: String,
    href: String,
}

/// Draws all pages. `snapshot` are the bytes of the snapshot of the same listing. The paths begin with `public/`.
pub fn render(
    listing: &Listing<'_>,
    history: &History,
    config: &UpdateConfig,
    snapshot: &[u8],
) -> Result<Files, PagesError> {
    let facts = Facts::gather(listing);
    let tree = tree::plant(&facts, &history.propagation);
    let sha256 = hex::encode(Sha256::digest(snapshot));
    let edition = sha256.get(..16).unwrap_or_default();
    let mut pages = Pages::open(config)?;
    let start = Crumb {
        name: config.title.clone(),
        href: "index.html".to_owned(),
    };
    pages.draw(
        "index.html",
        "index.html",
        &[],
        &context! { tree => view(&tree), edition },
    )?;
    pages.draw(
        "versions.html",
        "versions/index.html",
        std::slice::from_ref(&start),
        &context! { versions => view(&tree.newest_first()) },
    )?;
    for product in &tree.products {
        draw_product(&mut pages, &facts, product, &start)?;
    }
    propagation::draw(&mut pages, &tree, &history.propagation, &start)?;
    let about = About {
        format: 1,
        edition,
        snapshot_sha256: &sha256,
        snapshot_size: snapshot.len(),
        numbers: &tree.numbers,
    };
    pages.put_json("generation.json", &about)?;
    Ok(pages.files)
}

/// Draws the pages of a product. Those of architectures are by far the largest: several at a time.
fn draw_product(
    pages: &mut Pages<'_>,
    facts: &Facts<'_>,
    product: &ProductView,
    start: &Crumb,
) -> Result<(), PagesError> {
    let mut crumbs = vec![start.clone()];
    let p = view(product);
    pages.draw(
        "product.html",
        &product.href,
        &crumbs,
        &context! { product => p.clone() },
    )?;
    crumbs.push(product.crumb());
    for version in &product.versions {
        let v = view(version);
        pages.draw(
            "version.html",
            &version.href,
            &crumbs,
            &context! { product => p.clone(), version => v.clone() },
        )?;
        crumbs.push(version.crumb());
        let drawn: Vec<Vec<u8>> = (version.arches.par_iter())
            .map(|arch| {
                // Drawn up one at a time: the lists of all pages together are large.
                let mirrors = view(&facts.mirrors_of(&arch.repositories));
                let page = context! { product => p.clone(), version => v.clone(), arch => view(arch), mirrors };
                pages.drawn("arch.html", &arch.href, &crumbs, &page)
            })
            .collect::<Result<_, _>>()?;
        for (arch, bytes) in version.arches.iter().zip(drawn) {
            pages.put(&arch.href, bytes);
        }
        crumbs.pop();
    }
    Ok(())
}

/// What a template sees of `data`.
fn view<T: Serialize + ?Sized>(data: &T) -> Value {
    Value::from(Serde(data))
}

/// The pages drawn so far.
struct Pages<'c> {
    env: Environment<'static>,
    config: &'c UpdateConfig,
    files: Files,
}

impl<'c> Pages<'c> {
    fn open(config: &'c UpdateConfig) -> Result<Self, PagesError> {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_formatter(escape::format);
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true);
        env.set_syntax(syntax.build().map_err(|e| template_error("the syntax", &e))?);
        for (name, built_in) in TEMPLATES {
            let source = own(config, name)?.unwrap_or_else(|| built_in.to_owned());
            env.add_template_owned(name, source)
                .map_err(|e| template_error(name, &e))?;
        }
        let style = own(config, STYLE)?.unwrap_or_else(|| STYLE_SHEET.to_owned());
        let mut pages = Self {
            env,
            config,
            files: Files::new(),
        };
        pages.put(STYLE, style.into_bytes());
        Ok(pages)
    }

    /// Draws the page at `path` (below `public/`).
    fn draw(&mut self, template: &'static str, path: &str, crumbs: &[Crumb], page: &Value) -> Result<(), PagesError> {
        let bytes = self.drawn(template, path, crumbs, page)?;
        self.put(path, bytes);
        Ok(())
    }

    /// The bytes of that page.
    fn drawn(&self, template: &'static str, path: &str, crumbs: &[Crumb], page: &Value) -> Result<Vec<u8>, PagesError> {
        let root = "../".repeat(path.matches('/').count());
        let (site, crumbs) = (self.config.title.as_str(), view(&crumbs));
        let text = self
            .env
            .get_template(template)
            .and_then(|t| t.render(context! { root, site, crumbs, path, ..page.clone() }))
            .map_err(|e| template_error(template, &e))?;
        Ok(text.into_bytes())
    }

    /// Puts the same as JSON beside the page at `path`, or at `path` itself.
    fn put_json(&mut self, path: &str, data: &impl Serialize) -> Result<(), PagesError> {
        let path = match path.strip_suffix(".html") {
            Some(stem) => format!("{stem}.json"),
            None => path.to_owned(),
        };
        let written = serde_json::to_vec_pretty(data);
        let mut json = written.map_err(|why| PagesError::Json {
            path: path.clone(),
            why,
        })?;
        json.push(b'\n');
        self.put(&path, json);
        Ok(())
    }

    fn put(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.insert(format!("{PUBLIC}/{path}"), bytes);
    }
}

/// The file of that name in the directory of the config, if there is one.
fn own(config: &UpdateConfig, name: &str) -> Result<Option<String>, PagesError> {
    if config.templates_dir.as_os_str().is_empty() {
        return Ok(None);
    }
    // A directory that is not there at all is a mistake; one without the file is not.
    if let Err(why) = std::fs::metadata(&config.templates_dir) {
        let path = config.templates_dir.clone();
        return Err(PagesError::Read { path, why });
    }
    let path = config.templates_dir.join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(PagesError::Read { path, why }),
    }
}

fn template_error(name: &str, e: &minijinja::Error) -> PagesError {
    PagesError::Template {
        name: e.name().unwrap_or(name).to_owned(),
        why: e.to_string(),
    }
}

#[cfg(test)]
mod tests;
