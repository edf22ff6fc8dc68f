package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"
)

func TestDrain_IsNotReadyAndClosesConnections(t *testing.T) {
	t.Parallel()
	drain := NewDrain(DrainConfig{Delay: time.Hour})
	handler := drain.handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	operations := NewOperationsHandler(NewMetrics(), drain.Check())
	get := func(handler http.Handler, path string) *http.Response {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w.Result()
	}
	check := func(when string, ready int, connection string) {
		t.Helper()
		if status := get(operations, "/readyz").StatusCode; status != ready {
			t.Errorf("%s: /readyz is %d, want %d", when, status, ready)
		}
		response := get(handler, "/")
		if got := response.Header.Get("Connection"); got != connection || response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d with Connection %q, want %q", when, response.StatusCode, got, connection)
		}
	}
	check("before", http.StatusOK, "")
	failed, fail := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		drain.wait(failed)
	}()
	for deadline := time.After(time.Minute); !drain.began.Load(); {
		select {
		case <-deadline:
			t.Fatal("the drain does not begin")
		default:
			runtime.Gosched()
		}
	}
	check("draining", http.StatusServiceUnavailable, "close")
	fail()
	<-ended
}
