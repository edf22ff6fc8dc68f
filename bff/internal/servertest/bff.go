package servertest

import (
	"net/url"
	"testing"
)

// BFF is a running "bff serve".
type BFF struct {
	// URL is its address, OpsURL that of its operations port.
	URL, OpsURL *url.URL

	*process
}

// StartBFF starts a bff in front of a Better Auth server and a task service. env adds
// environment variables.
func StartBFF(t testing.TB, auth *Auth, tasks *Tasks, env ...string) *BFF {
	t.Helper()
	ports := freePorts(t, 2)
	b := &BFF{URL: parse(t, "http://127.0.0.1:"+ports[0]), OpsURL: parse(t, "http://127.0.0.1:"+ports[1])}
	b.process = &process{
		t:       t,
		command: []string{build(t, "bff", "./cmd/bff"), "serve"},
		ready:   b.OpsURL.JoinPath("/readyz").String(),
		env: append([]string{
			"PUBLIC_URL=" + auth.issuer,
			"BETTER_AUTH_URL=" + auth.route.address("bff", "auth", auth.URL.String()),
			"BETTER_AUTH_SECRET=" + auth.Secret,
			"TASKS_URL=" + auth.route.address("bff", "tasks", tasks.URL.String()),
			"HOST=127.0.0.1",
			"PORT=" + ports[0],
			"OPS_PORT=" + ports[1],
		}, env...),
	}
	b.start()
	return b
}
