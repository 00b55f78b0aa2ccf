//! The pages in a real browser: whether they fit, and what they look like (`target/screenshots`).

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{UPDATE, World};
use crate::support::{Nginx, need};

/// Pages that are looked at.
const LOOKED_AT: [(&str, &str); 7] = [
    ("start", "index.html"),
    ("product", "Fedora/index.html"),
    ("version", "Fedora/43/index.html"),
    ("arch", "Fedora/43/x86_64/index.html"),
    ("versions", "versions/index.html"),
    ("propagation", "propagation/index.html"),
    ("spread", "Fedora/43/propagation/index.html"),
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

/// A page that opens others in frames of given widths and writes down how wide their content is.
fn measuring_page() -> String {
    let mut frames = String::new();
    for (_, page) in LOOKED_AT {
        for width in WIDTHS {
            let frame = format!(
                "<iframe src='{page}' style='border:0;width:{width}px;height:800px' onload=\"measure(this, '{page}', {width})\">\
                 </iframe>"
            );
            frames.push_str(&frame);
        }
    }
    format!(
        "<!doctype html><script>function measure(f, page, width) {{
           const d = f.contentDocument, e = d.documentElement;
           const p = document.createElement('p');
           const wide = [...d.querySelectorAll('*')].filter(x => x.getBoundingClientRect().right > width + 0.5);
           const who = wide.map(x => x.tagName + '.' + x.className).join(',') || 'nothing';
           p.textContent = ['measured', page, width, e.scrollWidth, d.querySelectorAll('h1').length,
             getComputedStyle(d.body).display, who].join('|');
           document.body.append(p);
         }}</script><body>{frames}</body>"
    )
}

/// A page that was drawn has at least so many colours: those of letters, which are smoothed. A blank one has one.
const MIN_COLOURS: usize = 50;

/// What can be told of a screenshot.
struct Picture {
    width: u32,
    height: u32,
    /// Different ones.
    colours: usize,
    /// Whether most of it is light.
    is_light: bool,
}

impl Picture {
    fn read(path: &Path) -> Self {
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let pixels = bytes[..info.buffer_size()].chunks_exact(info.color_type.samples());
        let light = pixels.clone().filter(|p| p[0] >= 128).count();
        let is_light = light * 2 > pixels.len();
        let colours: HashSet<&[u8]> = pixels.map(|p| &p[..3]).collect();
        Self {
            width: info.width,
            height: info.height,
            colours: colours.len(),
            is_light,
        }
    }
}

#[test]
fn the_pages_fit_desktop_and_phone() {
    let w = World::new(31, "[update]\ntitle = \"Fedora Mirrors\"\n");
    w.sql(
        "UPDATE site SET name = 'A very long name of an institution, with <script>alert(1)</script> and 🦀 in it' WHERE id = 4;
         UPDATE host SET name = 'a-rather-long-host-name-that-goes-on.and-on-and-on.department.university.example.org' WHERE id = 5;",
    );
    w.sql(
        "INSERT INTO propagation_stat (repository_id, taken_at, newest, one_behind, two_behind, older, no_info) \
         WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 83) \
         SELECT r.id, 1790000000 + n * 14400, 3 + n % 25, 25 - n % 25, 2, 1, 1 FROM repository r, n",
    );
    w.env.ok(UPDATE, &[]);
    let (place, _) = w.current();
    let served = place.join("public");
    std::fs::write(served.join("measure.html"), measuring_page()).unwrap();
    let nginx = Nginx::serve(&served);
    let home = tempfile::tempdir().unwrap();
    let output = chromium(home.path())
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("{}/measure.html", nginx.url()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let measured: Vec<Vec<&str>> = dom
        .split("<p>measured|")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().split('|').collect())
        .collect();
    assert_eq!(measured.len(), LOOKED_AT.len() * WIDTHS.len(), "{dom}");
    let shots = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&shots).unwrap();
    for (name, page) in LOOKED_AT {
        for width in WIDTHS {
            // Both schemes; a phone is scrolled, so it is shown longer.
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
                let picture = Picture::read(&shot);
                let at = shot.display();
                assert_eq!((picture.width, picture.height), (width, height), "{at}");
                assert!(picture.colours > MIN_COLOURS, "{at} has {} colours", picture.colours);
                assert_eq!(picture.is_light, scheme == "light", "{at}");
            }
        }
    }
    for m in &measured {
        assert_eq!(m[2], m[1], "{} is wider than the window: {}", m[0], m[5]);
        assert_eq!(m[3], "1", "h1 on {}", m[0]);
        assert_eq!(m[4], "flex", "the style sheet holds on {}", m[0]);
    }
}
