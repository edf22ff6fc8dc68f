// Package faults_test injects faults into the whole system while users write. The servers
// are real processes, connected through proxies that can disturb the connections.
package faults_test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/stack/port"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// soak reports whether the long form of the tests is requested.
func soak() bool { return os.Getenv("TEST_SOAK") == "1" }

// public is the origin of the bff in browsers.
const public = "http://localhost:3000"

// server is a process of the system.
type server interface {
	Kill()
	Restart()
	AwaitReady()
	PID() int
}

// database is a PostgreSQL server as a [server].
type database struct{ *servertest.Postgres }

func (database) AwaitReady() {} // Restart waits

// system is PostgreSQL, Better Auth, the task service and the bff.
type system struct {
	t        *testing.T
	postgres *servertest.Postgres
	auth     *servertest.Auth
	tasks    *servertest.Tasks
	bff      *servertest.BFF
	// url is the address of the bff through a link.
	url string
	// names are the names of the servers, each after those on which it depends.
	names   []string
	servers map[string]server
	// links are the proxies by the two servers that they connect, such as "bff to
	// tasks".
	links map[string]*toxiproxy.Proxy
}

// startSystem starts a system, which is stopped when the test ends, on a PostgreSQL server,
// or on the shared one if postgres is nil. env adds environment variables to the task
// service and the bff.
func startSystem(t *testing.T, postgres *servertest.Postgres, env ...string) *system {
	t.Helper()
	s := &system{t: t, postgres: postgres, links: map[string]*toxiproxy.Proxy{}, names: []string{"postgres", "auth", "tasks", "bff"}}
	proxies := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	route := func(from, to, address string) string {
		name := from + " to " + to
		if s.links[name] != nil {
			return address // address of a replica
		}
		return s.link(proxies, name, address)
	}
	s.auth = servertest.StartAuthWith(t, servertest.AuthConfig{Public: public, Postgres: s.postgres, Route: route})
	s.tasks = servertest.StartTasks(t, s.auth, env...)
	s.bff = servertest.StartBFF(t, s.auth, s.tasks, env...)
	s.url = route("browser", "bff", s.bff.URL.String())
	s.servers = map[string]server{"postgres": database{s.postgres}, "auth": s.auth, "tasks": s.tasks, "bff": s.bff}
	return s
}

// link puts a proxy in front of an address and returns the proxy's address.
func (s *system) link(proxies *toxiproxy.ApiServer, name, address string) string {
	s.t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		s.t.Fatal(err)
	}
	// Not an ephemeral port, which an outgoing connection could get while the proxy is
	// stopped.
	free, err := port.Free(s.t.Context(), 1)
	if err != nil {
		s.t.Fatal(err)
	}
	proxy := toxiproxy.NewProxy(proxies, name, fmt.Sprintf("127.0.0.1:%d", free[0]), target.Host)
	if err := proxy.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(proxy.Stop)
	s.links[name] = proxy
	target.Host = proxy.Listen
	return target.String()
}

// kill kills servers and returns a function that restarts them, as a supervisor would.
func (s *system) kill(names ...string) (restart func()) {
	for _, name := range names {
		s.servers[name].Kill()
	}
	return func() {
		for _, name := range s.names { // dependencies first
			for _, killed := range names {
				if killed == name {
					s.servers[name].Restart()
				}
			}
		}
	}
}

// disturbance disturbs a link by a toxic of toxiproxy; "" rejects connections.
type disturbance struct{ name, toxic string }

// cut rejects all connections.
var cut = disturbance{"cut", ""}

var disturbances = []disturbance{
	cut,
	{"slow", `{"name": "disturbance", "type": "latency", "attributes": {"latency": 300, "jitter": 200}}`},
	{"reset", `{"name": "disturbance", "type": "reset_peer", "attributes": {"timeout": 20}}`},
	{"short", `{"name": "disturbance", "type": "limit_data", "attributes": {"bytes": 1500}}`},
	{"silent", `{"name": "disturbance", "type": "timeout", "attributes": {"timeout": 0}}`},
	{"in pieces", `{"name": "disturbance", "type": "slicer", "attributes": {"average_size": 20, "size_variation": 10, "delay": 500}}`},
}

// disturb disturbs a link and returns a function that repairs it.
func (s *system) disturb(link string, d disturbance) (repair func()) {
	s.t.Helper()
	proxy := s.links[link]
	if d.toxic == "" {
		proxy.Stop()
		return func() {
			if err := proxy.Start(); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(d.toxic)); err != nil {
		s.t.Fatal(fmt.Errorf("%s: %w", d.name, err))
	}
	return func() {
		if err := proxy.Toxics.RemoveToxic(s.t.Context(), "disturbance"); err != nil {
			s.t.Fatal(err)
		}
	}
}
