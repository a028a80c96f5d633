// dispatch does, for each request, the work of the seed's dispatcher: the header's name without its domain names a user,
// the user a port; a page load without a living session would be paired; everything else is a plain ReverseProxy.
//
//	dispatch [-default-transport] ADDRESS NAME=PORT...
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	header = "X-authentik-username"
	cookie = "t3_session"
)

type person struct {
	upstream *url.URL
	proxy    *httputil.ReverseProxy
}

func main() {
	plain := flag.Bool("default-transport", false, "keep two idle connections to each upstream, as Go does by itself")
	flag.Parse()
	people := map[string]*person{}
	for _, route := range flag.Args()[1:] {
		name, port, found := strings.Cut(route, "=")
		if !found {
			log.Fatalf("dispatch: %s is not NAME=PORT", route)
		}
		people[name] = newPerson(port, *plain)
	}
	server := &http.Server{Addr: flag.Arg(0), Handler: handler(people)}
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
	os.Exit(1)
}

func newPerson(port string, plain bool) *person {
	upstream := &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	proxy := httputil.NewSingleHostReverseProxy(upstream)
	proxy.FlushInterval = -1
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	if !plain {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 256
		proxy.Transport = transport
	}
	return &person{upstream, proxy}
}

func handler(people map[string]*person) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		name, _, _ := strings.Cut(in.Header.Get(header), "@")
		user, known := people[strings.ToLower(name)]
		if !known {
			http.Error(out, "no server for you here", http.StatusForbidden)
			return
		}
		session, err := in.Cookie(cookie)
		if navigation(in) && (err != nil || !alive(user, session)) {
			http.Error(out, "would be paired", http.StatusServiceUnavailable)
			return
		}
		if strings.EqualFold(in.Header.Get("Upgrade"), "websocket") {
			begun := time.Now()
			log.Printf("ws open user=%s path=%s", name, in.URL.Path)
			defer func() { log.Printf("ws close user=%s after=%s", name, time.Since(begun)) }()
		}
		user.proxy.ServeHTTP(out, in)
	})
}

func navigation(in *http.Request) bool {
	return in.Method == http.MethodGet && in.Header.Get("Sec-Fetch-Dest") == "document"
}

// alive fails open: only the server's own "no" sends somebody to be paired again.
func alive(user *person, session *http.Cookie) bool {
	ask, _ := http.NewRequest(http.MethodGet, user.upstream.String()+"/api/auth/session", nil)
	ask.AddCookie(session)
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Do(ask)
	if err != nil {
		return true
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	return !strings.Contains(string(text), `"authenticated":false`)
}
