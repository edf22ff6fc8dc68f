package bench

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasklane/tasklane/services/tasks/bench/floor"
)

// ServeFloor runs the floor on a database until ctx ends.
func ServeFloor(ctx context.Context, address, databaseURL string) error {
	pool, err := pgxpool.New(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	return serve(ctx, address, floor.New(pool))
}

// ServeProxy runs a plain reverse proxy until ctx ends.
func ServeProxy(ctx context.Context, address, behind string) error {
	target, err := url.Parse(behind)
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = loadWorkers // the default of two would be no fair match
	return serve(ctx, address, &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: transport,
	})
}

// serve adds to a handler what the load is checked with: /static answers from
// memory, with about as many bytes as a list of 50.
func serve(ctx context.Context, address string, handler http.Handler) error {
	static := bytes.Repeat([]byte("x"), 16<<10)
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/static", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(static) })
	server := &http.Server{Addr: address, Handler: mux}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
