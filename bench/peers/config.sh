#!/usr/bin/env bash
# config.sh: sourced by gateway.sh. Writes the configuration of each peer into $work: the same three people (alice, bob,
# carol), each led to a server of their own by the header X-authentik-username. No peer writes an access log.

# shellcheck disable=SC2154

nginx_head() { # NAME
    cat <<NGINX
daemon off;
worker_processes auto;
$([ "$(id -u)" != 0 ] || echo "user root;")
pid $work/$1.pid;
error_log $work/$1.log error;
worker_rlimit_nofile $(ulimit -n);
events { worker_connections $(($(ulimit -n) - 100)); }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    client_body_temp_path $work/$1-body;
    proxy_temp_path $work/$1-proxy;
    fastcgi_temp_path $work/$1-fastcgi;
    uwsgi_temp_path $work/$1-uwsgi;
    scgi_temp_path $work/$1-scgi;
    map \$http_upgrade \$to_connection { default upgrade; '' ''; }
    map \$http_x_authentik_username \$person {
        default '';
        alice@example.com alice;
        bob@example.com bob;
        carol@example.com carol;
    }
    upstream alice { server 127.0.0.1:$files; keepalive 128; keepalive_requests 100000000; }
    upstream bob { server 127.0.0.1:$echo; }
    upstream carol { server 127.0.0.1:$closing; }
NGINX
}

# What every one of nginx's locations says that passes on.
nginx_pass() {
    cat <<'NGINX'
            proxy_http_version 1.1;
            proxy_set_header Host $host:$server_port;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $to_connection;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_max_temp_file_size 0;
            proxy_read_timeout 1h;
NGINX
}

# The upstreams: one with keep-alive, one that ends the connection after each answer; and who answers auth_request and
# forward_auth.
config_upstream() {
    nginx_head upstream
    cat <<NGINX
    server { listen 127.0.0.1:$files backlog=4096; root $www; }
    server { listen 127.0.0.1:$closing backlog=4096; root $www; keepalive_timeout 0; }
}
NGINX
}

config_auth() {
    nginx_head auth
    cat <<NGINX
    server {
        listen 127.0.0.1:$auth backlog=4096;
        location / { if (\$person = '') { return 401; } return 204; }
    }
}
NGINX
}

# NAME PORT none|server|itself
config_nginx() {
    nginx_head "$1"
    echo "    upstream auth { server 127.0.0.1:$auth; keepalive 128; keepalive_requests 100000000; }"
    echo "    server {"
    echo "        listen 127.0.0.1:$2 backlog=4096;"
    echo "        location / {"
    [ "$3" = none ] || echo "            auth_request /auth;"
    echo "            proxy_pass http://\$person;"
    nginx_pass
    echo "        }"
    case $3 in
        server) echo "        location = /auth { internal; proxy_pass http://auth; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_pass_request_body off; proxy_set_header Content-Length ''; }" ;;
        itself) echo "        location = /auth { internal; if (\$person = '') { return 401; } return 204; }" ;;
    esac
    printf '    }\n}\n'
}

config_haproxy() { # PORT
    printf 'alice alice\nbob bob\ncarol carol\n' >"$work/haproxy.map"
    cat <<HAPROXY
global
    maxconn $((($(ulimit -n) - 100) / 2))
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
    option forwardfor
frontend people
    bind 127.0.0.1:$1 backlog 4096
    http-request set-var(txn.to) req.hdr(X-authentik-username),field(1,@),lower,map($work/haproxy.map)
    http-request deny deny_status 403 unless { var(txn.to) -m found }
    use_backend %[var(txn.to)]
backend alice
    server alice 127.0.0.1:$files
backend bob
    server bob 127.0.0.1:$echo
backend carol
    server carol 127.0.0.1:$closing
HAPROXY
}

config_caddy() { # PORT
    cat <<CADDY
{
    admin off
    auto_https off
    log {
        level ERROR
    }
}
http://127.0.0.1:$1 {
    forward_auth 127.0.0.1:$auth {
        uri /auth
    }
    @alice header X-authentik-username alice@example.com
    reverse_proxy @alice 127.0.0.1:$files {
        flush_interval -1
        transport http {
            keepalive_idle_conns_per_host 256
        }
    }
    @bob header X-authentik-username bob@example.com
    reverse_proxy @bob 127.0.0.1:$echo
    @carol header X-authentik-username carol@example.com
    reverse_proxy @carol 127.0.0.1:$closing
}
CADDY
}
