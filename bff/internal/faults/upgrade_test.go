package faults_test

import (
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/services/stack/seed"
)

// balancer is a round-robin load balancer of task services.
type balancer struct {
	targets  atomic.Pointer[[]*url.URL]
	requests atomic.Int64
}

// setTargets replaces the services to which requests go.
func (b *balancer) setTargets(services ...*servertest.Tasks) {
	var targets []*url.URL
	for _, service := range services {
		targets = append(targets, service.URL)
	}
	b.targets.Store(&targets)
}

func (b *balancer) start(t *testing.T) string {
	t.Helper()
	rewrite := func(r *httputil.ProxyRequest) {
		targets := *b.targets.Load()
		r.SetURL(targets[int(b.requests.Add(1))%len(targets)])
	}
	// Streams end when their service stops, which the proxy would log.
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: rewrite, ErrorLog: log.New(io.Discard, "", 0)})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// nextMigration is an example of a later release's migration. Existing columns stay. It
// locks the tables in another order than writes do, and waits long enough that a deadlock
// aborts the write, which clients retry. It records its version as the next release would.
const nextMigration = `
	SET deadlock_timeout = '1min';
	ALTER TABLE tasklane.tasks ADD COLUMN next_release text NOT NULL DEFAULT 'new';
	CREATE INDEX next_release ON tasklane.tasks (user_id, next_release);
	ALTER TABLE tasklane.user_state ADD COLUMN next_release bigint;
	INSERT INTO tasklane.schema_version (version_id, is_applied) SELECT max(version_id) + 1, true FROM tasklane.schema_version`

// TestUpgradeFailsNoRequest upgrades while users write, as operators do: migrate, start the
// new release next to the old one, and stop the old one, which drains. No attempt may fail,
// except those that yield to the migration, which clients retry. As there is no earlier
// release, both are the current one, and the schema is upgraded to one that it does not
// know.
func TestUpgradeFailsNoRequest(t *testing.T) {
	t.Parallel()
	env := append([]string{"DRAIN_DELAY=1500ms"}, faultEnv...)
	s := startSystem(t, servertest.StartPostgres(t), env...) // a superuser, who may set deadlock_timeout
	var front balancer
	front.setTargets(s.tasks)
	s.url = servertest.StartBFF(t, s.auth, s.tasks, append(env, "TASKS_URL="+front.start(t))...).URL.String()
	l := startLoad(t, s, 4, seed.Of(t))
	l.awaitAcknowledged("the start")

	s.tasks.Migrate()
	l.awaitAcknowledged("migrating to the current schema")
	s.tasks.Exec(nextMigration)
	l.awaitAcknowledged("migrating to the next schema")
	next := s.tasks.Replica()
	front.setTargets(s.tasks, next)
	l.awaitAcknowledged("starting the next release beside this one")
	front.setTargets(next)
	s.tasks.Stop()
	l.awaitAcknowledged("stopping this release")
	// And back: this release works with the next schema, its migrate command too.
	s.tasks.Migrate()
	s.tasks.Restart()
	front.setTargets(s.tasks)
	next.Stop()
	l.awaitAcknowledged("downgrading to this release")

	for _, w := range l.writers {
		if failed := w.failed.Load() - w.yielded.Load(); failed != 0 {
			t.Errorf("%s: %d attempts failed, such as %s", w.name, failed, *w.lastFailure.Load())
		}
	}
	l.check()
}
