package bench

import (
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasklane/tasklane/services/tasks/bench/floor"
)

// ServeFloor runs the floor on a database until ctx ends. The URL's pool_max_conns sets its
// number of connections, by default four.
func ServeFloor(ctx context.Context, address, databaseURL string) error {
	pool, err := pgxpool.New(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	return serve(ctx, address, floor.New(pool))
}

// ServeProxy runs a plain reverse proxy until ctx ends.
func ServeProxy(ctx context.Context, address, upstream string) error {
	target, err := url.Parse(upstream)
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = loadWorkers // the default of two would be unfair
	return serve(ctx, address, &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: transport,
	})
}

// serve serves a handler, and its health, until ctx ends.
func serve(ctx context.Context, address string, handler http.Handler) error {
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Addr: address, Handler: mux}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
