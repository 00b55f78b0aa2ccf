//! What a crawl reads (its plan) and writes (results and findings).
