package launch

import (
	"strings"
	"testing"
)

func TestOnlyMigrateIsTheOwner(t *testing.T) {
	t.Parallel()
	const owner = "postgres://owner:its-password@127.0.0.1:5432/tasklane"
	p := plan{urls: databaseURLs{
		owner: owner,
		app:   "postgres://app:its-password@127.0.0.1:5432/tasklane",
		auth:  "postgres://auth:its-password@127.0.0.1:5432/tasklane",
	}}
	if got := p.migration().env["DATABASE_URL_UNPOOLED"]; got != owner {
		t.Errorf("migrate works as %q, want %q", got, owner)
	}
	for _, service := range p.services() {
		for variable, value := range service.env {
			if strings.Contains(value, "owner") {
				t.Errorf("%s has the owner's URL in %s", service.name, variable)
			}
		}
	}
}
