package launch

import (
	"strings"
	"testing"
)

func TestOnlyMigrate_ConnectsAsTheOwner(t *testing.T) {
	t.Parallel()
	const owner = "postgres://owner:its-password@127.0.0.1:5432/tasklane"
	p := plan{urls: databaseURLs{
		owner: owner,
		app:   "postgres://app:its-password@127.0.0.1:5432/tasklane",
		auth:  "postgres://auth:its-password@127.0.0.1:5432/tasklane",
	}}
	if got := p.migration().env["DATABASE_URL_UNPOOLED"]; got != owner {
		t.Errorf("migrate uses %q, want %q", got, owner)
	}
	for _, service := range p.services() {
		for variable, value := range service.env {
			if strings.Contains(value, "owner") {
				t.Errorf("%s has the owner's URL in %s", service.name, variable)
			}
		}
	}
}

func TestTrustedOrigins_ReachBothServers(t *testing.T) {
	t.Parallel()
	p := plan{config: Config{Port: 3000, TrustedOrigins: "http://localhost:5173"}}
	const want = "http://localhost:3000,http://127.0.0.1:3000,http://localhost:5173"
	variables := map[string]string{"auth": "BETTER_AUTH_TRUSTED_ORIGINS", "bff": "TRUSTED_ORIGINS"}
	for _, service := range p.services() {
		variable, ok := variables[service.name]
		if got := service.env[variable]; ok && got != want {
			t.Errorf("%s has %s=%q, want %q", service.name, variable, got, want)
		}
	}
}
