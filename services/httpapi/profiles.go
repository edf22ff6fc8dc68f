package httpapi

import (
	"net/http"
	"net/http/pprof"
)

// WithProfiles adds the profiles of the Go runtime, below /debug/pprof/, to a
// handler of operations. The command line is not among them.
func WithProfiles(operations http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", operations)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
