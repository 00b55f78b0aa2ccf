//! The pages in a browser: their width, contrast and screenshots (`target/screenshots`).

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{MM_UPDATE_MIRRORLIST, TestBackend};
use crate::support::{Nginx, need};

/// The pages that are tested.
const TESTED_PAGES: [(&str, &str); 9] = [
    ("start", "index.html"),
    ("product", "Fedora/index.html"),
    ("version", "Fedora/43/index.html"),
    ("arch", "Fedora/43/x86_64/index.html"),
    ("versions", "versions/index.html"),
    ("mirrors", "mirrors/index.html"),
    ("mirror", "mirrors/mirror00.example.org/index.html"),
    ("propagation", "propagation/index.html"),
    ("version-propagation", "Fedora/43/propagation/index.html"),
];
const WIDTHS: [u32; 2] = [1_280, 390];

fn chromium(home: &Path) -> Command {
    let mut c = Command::new(need("chromium", "chromium"));
    c.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
    ])
    .arg(format!("--user-data-dir={}", home.display()))
    .stdin(Stdio::null());
    c
}

/// Records the width of a page in a frame, and the text with the lowest contrast.
const MEASURE: &str = r"
function channels(color) {
  const n = color.match(/[\d.]+/g).map(Number);
  return n.length < 4 ? [...n, 1] : n;
}
function light([r, g, b]) {
  const linear = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
function behind(element) {
  for (let e = element; e; e = e.parentElement) {
    const color = channels(e.ownerDocument.defaultView.getComputedStyle(e).backgroundColor);
    if (color[3] > 0) return color;
  }
  return [255, 255, 255, 1];
}
// WCAG 2.2, 1.4.3: at least 4.5, or 3 for large text.
function contrast(element) {
  const style = element.ownerDocument.defaultView.getComputedStyle(element);
  const color = channels(element.closest('svg') ? style.fill : style.color);
  const [a, b] = [light(color), light(behind(element))].sort((x, y) => y - x);
  const size = parseFloat(style.fontSize), bold = parseInt(style.fontWeight) >= 700;
  const needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
  return ((a + 0.05) / (b + 0.05)) / needed;
}
function measure(f, page, width) {
  const d = f.contentDocument, e = d.documentElement;
  const p = document.createElement('p');
  const wide = [...d.querySelectorAll('*')].filter(x => x.getBoundingClientRect().right > width + 0.5);
  const who = wide.map(x => x.tagName + '.' + x.className).join(',') || 'nothing';
  // Titles in SVG are read by screen readers but not drawn.
  const own = x => x.tagName !== 'title' && [...x.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  const texts = [...d.body.querySelectorAll('*')].filter(own).map(x => [contrast(x), x.tagName + '.' + x.className]);
  texts.sort((x, y) => x[0] - y[0]);
  p.textContent = ['measured', page, width, e.scrollWidth, d.querySelectorAll('h1').length,
    getComputedStyle(d.body).display, who, texts[0][0].toFixed(3), texts[0][1], texts.length].join('|');
  document.body.append(p);
}";

/// Returns a page that opens the others in frames of different widths and measures them.
fn measuring_page() -> String {
    let mut frames = String::new();
    for (_, page) in TESTED_PAGES {
        for width in WIDTHS {
            let frame = format!(
                "<iframe src='{page}' style='border:0;width:{width}px;height:800px' onload=\"measure(this, '{page}', {width})\">\
                 </iframe>"
            );
            frames.push_str(&frame);
        }
    }
    format!(
        "<!doctype html><meta name='color-scheme' content='light dark'><script>{MEASURE}</script><body>{frames}</body>"
    )
}

/// Checks the measurements of each page in a color scheme, 1 = light, 0 = dark.
fn check_measurements(home: &Path, url: &str, scheme: u8) {
    let output = chromium(home)
        .args(["--virtual-time-budget=20000", "--dump-dom", "--enable-logging=stderr"])
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg(format!("{url}/measure.html"))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    let messages: Vec<&str> = log.lines().filter(|l| l.contains(":CONSOLE")).collect();
    assert!(messages.is_empty(), "{}", messages.join("\n"));
    let dom = String::from_utf8_lossy(&output.stdout);
    let measured: Vec<Vec<&str>> = dom
        .split("<p>measured|")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().split('|').collect())
        .collect();
    assert_eq!(measured.len(), TESTED_PAGES.len() * WIDTHS.len(), "{dom}\n{log}");
    for m in &measured {
        assert_eq!(m[2], m[1], "{} is wider than the window: {}", m[0], m[5]);
        assert_eq!(m[3], "1", "h1 on {}", m[0]);
        assert_eq!(m[4], "flex", "the style sheet applies to {}", m[0]);
        let contrast: f64 = m[6].parse().unwrap();
        assert!(
            contrast >= 1.0,
            "{} in scheme {scheme}: {} has only {contrast} of the required contrast",
            m[0],
            m[7]
        );
        assert!(m[8].parse::<u32>().unwrap() > 10, "texts on {}: {}", m[0], m[8]);
    }
}

/// The minimum number of colors of a rendered page, because of antialiased text. A blank page has one.
const MIN_COLORS: usize = 50;

/// Properties of a screenshot.
struct Screenshot {
    width: u32,
    height: u32,
    /// The number of different colors.
    colors: usize,
    /// True if most pixels are light.
    is_light: bool,
}

impl Screenshot {
    fn read(path: &Path) -> Self {
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let pixels = bytes[..info.buffer_size()].chunks_exact(info.color_type.samples());
        let light = pixels.clone().filter(|p| p[0] >= 128).count();
        let is_light = light * 2 > pixels.len();
        let colors: HashSet<&[u8]> = pixels.map(|p| &p[..3]).collect();
        Self {
            width: info.width,
            height: info.height,
            colors: colors.len(),
            is_light,
        }
    }
}

#[test]
fn the_pages_fit_desktop_and_phone() {
    let backend = TestBackend::new(31, "[publish]\ntitle = \"Fedora Mirrors\"\n");
    backend.sql(
        "UPDATE site SET name = 'A very long name of an institution, with <script>alert(1)</script> and 🦀 in it' WHERE id = 4;
         UPDATE host SET name = 'a-rather-long-host-name-that-goes-on.and-on-and-on.department.university.example.org' WHERE id = 5;",
    );
    backend.add_propagation();
    backend.add_crawl_history();
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    let (place, _) = backend.published_generation();
    let served = place.join("public");
    std::fs::write(served.join("measure.html"), measuring_page()).unwrap();
    let nginx = Nginx::serve(&served);
    let home = tempfile::tempdir().unwrap();
    for scheme in [1, 0] {
        check_measurements(home.path(), &nginx.url(), scheme);
    }
    let shots = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&shots).unwrap();
    for (name, page) in TESTED_PAGES {
        for width in WIDTHS {
            // Phone screenshots are higher, because phones are scrolled.
            for (scheme, setting) in [("light", 1), ("dark", 0)] {
                let shot = shots.join(format!("{name}-{width}-{scheme}.png"));
                let height = if width < 500 { 1_800 } else { 900 };
                let status = chromium(home.path())
                    .arg(format!("--blink-settings=preferredColorScheme={setting}"))
                    .arg(format!("--window-size={width},{height}"))
                    .arg(format!("--screenshot={}", shot.display()))
                    .arg(format!("{}/{page}", nginx.url()))
                    .stderr(Stdio::null())
                    .status()
                    .unwrap();
                assert!(status.success(), "{}", shot.display());
                let screenshot = Screenshot::read(&shot);
                let at = shot.display();
                assert_eq!((screenshot.width, screenshot.height), (width, height), "{at}");
                assert!(screenshot.colors > MIN_COLORS, "{at} has {} colors", screenshot.colors);
                assert_eq!(screenshot.is_light, scheme == "light", "{at}");
            }
        }
    }
}
