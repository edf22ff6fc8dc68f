package faults_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/tasklane/tasklane/bff/internal/servertest"
	"github.com/tasklane/tasklane/services/stack/balance"
	"github.com/tasklane/tasklane/services/stack/seed"
)

// TestRollingRestartFailsNoRequest restarts two task services and two bffs, one after
// another, while users write through round-robin proxies. No attempt may fail.
func TestRollingRestartFailsNoRequest(t *testing.T) {
	t.Parallel()
	rounds := 1
	if soak() {
		rounds = 10
	}
	// Long enough for the proxies, which check every 100 ms, on a busy machine.
	env := append([]string{"DRAIN_DELAY=1500ms"}, faultEnv...)
	auth := servertest.StartAuthWith(t, servertest.AuthConfig{Public: public})
	tasks1 := servertest.StartTasks(t, auth, env...)
	tasks2 := tasks1.Replica()
	tasks := startFront(t, balance.Replica{URL: tasks1.URL.String(), Ready: ready(tasks1.OpsURL)}, balance.Replica{URL: tasks2.URL.String(), Ready: ready(tasks2.OpsURL)})
	env = append(env, "TASKS_URL="+tasks)
	bff1, bff2 := servertest.StartBFF(t, auth, tasks1, env...), servertest.StartBFF(t, auth, tasks1, env...)
	s := &system{t: t, auth: auth, tasks: tasks1}
	s.url = startFront(t, balance.Replica{URL: bff1.URL.String(), Ready: ready(bff1.OpsURL)}, balance.Replica{URL: bff2.URL.String(), Ready: ready(bff2.OpsURL)})

	l := startLoad(t, s, 4, seed.Of(t))
	l.awaitAcknowledged("the start")
	begin := time.Now()
	for range rounds {
		for n, replica := range []interface{ Restart() }{tasks1, bff1, tasks2, bff2} {
			replica.Restart()
			l.awaitAcknowledged(fmt.Sprintf("restart %d", n+1))
		}
	}
	took := time.Since(begin)
	l.stop()
	var writes, failed int64
	for _, w := range l.writers {
		writes += w.acknowledged.Load()
		if n := w.failed.Load(); n != 0 {
			failed += n
			t.Errorf("%s: %d attempts failed, such as %s", w.name, n, *w.lastFailure.Load())
		}
	}
	t.Logf("counted: servers restarted %d, writes meanwhile %d, writes that failed %d (%s)", 4*rounds, writes, failed, took.Round(time.Millisecond))
	l.check()
}

// checkInterval is how often the proxies check readiness.
const checkInterval = 100 * time.Millisecond

func ready(ops *url.URL) string { return ops.JoinPath("/readyz").String() }

// startFront starts a round-robin proxy in front of replicas.
func startFront(t *testing.T, replicas ...balance.Replica) string {
	t.Helper()
	front, err := balance.New(replicas)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { front.Run(ctx, checkInterval) })
	server := httptest.NewServer(front)
	t.Cleanup(func() {
		server.Close()
		stop()
		running.Wait()
	})
	return server.URL
}
