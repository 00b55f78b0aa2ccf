//! The servers of the config whose clocks are compared with the clock of this machine.

use std::collections::BTreeSet;

use super::{Config, is_http_url};

/// Limits the requests: two witnesses are a proof.
const MAX_WITNESSES: usize = 16;

impl Config {
    /// Returns the name and a URL of each server that is a witness of the time: masters, targets and uplink checks with an HTTP(S) URL.
    /// A host is one witness, however often the config names it.
    pub(crate) fn clock_witnesses(&self) -> Vec<(String, String)> {
        let masters = self.category.iter().flat_map(|c| [&c.files_url, &c.file_list]);
        let masters = masters.map(|url| ("master".to_owned(), url));
        let targets = self
            .sync
            .target
            .iter()
            .map(|t| (format!("target {}", t.name), &t.healthz));
        let uplink = self
            .crawl
            .uplink_check_urls
            .iter()
            .map(|url| ("uplink check".to_owned(), url));
        let mut hosts = BTreeSet::new();
        let all = masters.chain(targets).chain(uplink).filter(|(_, url)| is_http_url(url));
        let distinct = all.filter_map(|(role, url)| {
            let parsed = url::Url::parse(url).ok()?;
            let server = (parsed.host_str()?.to_owned(), parsed.port_or_known_default());
            let name = format!("{role} ({})", server.0);
            hosts.insert(server).then(|| (name, url.clone()))
        });
        distinct.take(MAX_WITNESSES).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn witnesses_are_the_distinct_servers_of_the_config() {
        let text = "
            crawl.uplink_check_urls = [\"https://www.example.org/\", \"https://master.example.org/x\"]
            [[category]]
            name = \"local\"
            path = \"/srv\"
            [[category]]
            name = \"remote\"
            source = \"filelist\"
            file_list = \"https://master.example.org/full\"
            files_url = \"https://master.example.org/pub\"
            [[sync.target]]
            name = \"app1\"
            address = \"rsync+ssh://mm@app1/srv\"
            healthz = \"http://app1:3000/healthz\"
            [[sync.target]]
            name = \"disk\"
            address = \"/srv/copy\"
            ";
        let config = Config::parse(text, Path::new("/etc")).unwrap();
        let found = config.clock_witnesses();
        let pairs: Vec<(&str, &str)> = found.iter().map(|(n, u)| (n.as_str(), u.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("master (master.example.org)", "https://master.example.org/pub"),
                ("target app1 (app1)", "http://app1:3000/healthz"),
                ("uplink check (www.example.org)", "https://www.example.org/"),
            ]
        );
        assert_eq!(Config::default().clock_witnesses(), []);
    }
}
