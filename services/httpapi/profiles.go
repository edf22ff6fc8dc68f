package httpapi

import (
	"net/http"
	"net/http/pprof"
)

// WithProfiles adds Go's runtime profiles under /debug/pprof/ to the operations handler,
// except cmdline.
func WithProfiles(operations http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", operations)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
