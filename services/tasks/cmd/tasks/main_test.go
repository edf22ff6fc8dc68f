package main

import (
	"strings"
	"testing"
)

// TestConfigMistakes sets the environment, so it cannot run in parallel.
func TestConfigMistakes(t *testing.T) {
	for name, value := range map[string]string{
		"DATABASE_URL":          "mysql://app:s3cret@db/tasks",
		"DATABASE_URL_UNPOOLED": "",
		"BETTER_AUTH_URL":       "",
		"JWKS_URL":              "",
		"JWT_ISSUER":            "",
		"JWT_AUDIENCE":          "",
		"PORT":                  "9090",
		"OPS_PORT":              "9090",
	} {
		t.Setenv(name, value)
	}
	err := run([]string{"serve"})
	if err == nil {
		t.Fatal("serve started")
	}
	for _, name := range []string{"DATABASE_URL", "BETTER_AUTH_URL", "JWT_ISSUER", "OPS_PORT"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%q shows the password", err)
	}

	if err := run([]string{"migrate"}); err == nil || !strings.Contains(err.Error(), "DATABASE_URL_UNPOOLED") {
		t.Errorf("migrate without DATABASE_URL_UNPOOLED: %v", err)
	}
}
