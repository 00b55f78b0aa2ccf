# Varnish in front of the mirrorlist servers. mm-sync-out empties it with
#   [[sync.proxy]]
#   name = "varnish"
#   purge = ["http://127.0.0.1:6081/"]
# The answers depend on the client's address, so only pages of the public list are kept; with server.cache_control they say for how long.

vcl 4.1;

backend default {
    .host = "127.0.0.1";
    .port = "3000";
    .probe = {
        .url = "/readyz";
        .interval = 2s;
    }
}

acl purgers {
    "127.0.0.1";
    "::1";
}

sub vcl_recv {
    if (req.method == "PURGE") {
        if (client.ip !~ purgers) {
            return (synth(405, "Not allowed"));
        }
        # Everything, whatever address was purged.
        ban("obj.status != 0");
        return (synth(200, "Emptied"));
    }
    if (req.url ~ "/(mirrorlist|metalink)(\?|$)" || req.url ~ "^/(healthz|readyz|freshz|metrics)$") {
        return (pass);
    }
}

sub vcl_backend_response {
    if (beresp.status == 200 && beresp.ttl < 1h) {
        # Long, because a new generation empties the cache.
        set beresp.ttl = 1h;
    }
}
