package web

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// sameOrigin refuses writes that a page of another origin makes the browser
// send. The site's own origin is named besides being recognised, for where a
// proxy in front changes the Host header.
func sameOrigin(public *url.URL, trusted []*url.URL) (func(http.Handler) http.Handler, error) {
	rule := http.NewCrossOriginProtection()
	for _, origin := range append([]*url.URL{public}, trusted...) {
		if err := rule.AddTrustedOrigin(origin.String()); err != nil {
			return nil, fmt.Errorf("trusted origin: %w", err)
		}
	}
	rule.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpapi.WriteProblem(w, r, httpapi.NewProblem(taskapi.CodeCrossOrigin, "Pages of other sites may not do this."))
	}))
	return rule.Handler, nil
}
