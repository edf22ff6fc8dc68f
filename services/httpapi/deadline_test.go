package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// TestXRequestTimeout_ShortensTheDeadline compares an operation's deadline with the API's
// timeout and with the caller's, less the time to respond.
func TestXRequestTimeout_ShortensTheDeadline(t *testing.T) {
	t.Parallel()
	const timeout = 10 * time.Second
	for header, want := range map[string]time.Duration{
		"": timeout, "7.4": 6900 * time.Millisecond, "0.002": time.Millisecond, "60": timeout,
		"0": timeout, "-1": timeout, "NaN": timeout, "Inf": timeout, "1e300": timeout, "soon": timeout,
	} {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var handled, forwarded time.Duration
				left := func(ctx context.Context) time.Duration {
					deadline, _ := ctx.Deadline()
					return time.Until(deadline)
				}
				router := NewRouter(Observers{Log: slog.New(slog.DiscardHandler)})
				api := NewAPI(router, Config{Title: "Test", Version: "1", RequestTimeout: timeout, Forward: func(ctx huma.Context) {
					forwarded = left(ctx.Context())
				}})
				Register(api, huma.Operation{OperationID: "handle", Method: http.MethodGet, Path: "/handled"}, nil, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
					handled = left(ctx)
					return nil, nil
				})
				Register[struct{}, struct{}](api, huma.Operation{OperationID: "forward", Method: http.MethodGet, Path: "/forwarded"}, nil, nil)
				for _, path := range []string{"/handled", "/forwarded"} {
					r := httptest.NewRequest(http.MethodGet, path, nil)
					r.Header.Set(TimeoutHeader, header)
					router.ServeHTTP(httptest.NewRecorder(), r)
				}
				if handled != want || forwarded != want {
					t.Errorf("the handler has %v and the forwarder %v, want %v", handled, forwarded, want)
				}
			})
		})
	}
}
