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

func TestConfigIsRead(t *testing.T) {
	for name, value := range map[string]string{
		"DATABASE_URL":          "postgres://app:a@db/tasks",
		"DATABASE_URL_UNPOOLED": "postgres://owner:b@db/tasks",
		"BETTER_AUTH_URL":       "http://auth:3001/",
		"JWKS_URL":              "",
		"JWT_ISSUER":            "http://localhost:3000",
		"JWT_AUDIENCE":          "",
		"HOST":                  "127.0.0.1",
		"PORT":                  "",
		"OPS_PORT":              "9999",
	} {
		t.Setenv(name, value)
	}
	var migrate migrateConfig
	if err := readConfig(&migrate); err != nil {
		t.Error(err)
	}
	if want := (migrateConfig{RuntimeURL: "postgres://app:a@db/tasks", OwnerURL: "postgres://owner:b@db/tasks"}); migrate != want {
		t.Errorf("migrate reads %+v, want %+v", migrate, want)
	}
	var serve serveConfig
	if err := readConfig(&serve); err != nil {
		t.Error(err)
	}
	want := serveConfig{
		DatabaseURL: "postgres://app:a@db/tasks", BetterAuthURL: "http://auth:3001/",
		JWKSURL: "http://auth:3001/api/auth/jwks", Issuer: "http://localhost:3000", Audience: "http://localhost:3000",
		Host: "127.0.0.1", Port: 8080, OpsPort: 9999,
	}
	if serve != want {
		t.Errorf("serve reads %+v, want %+v", serve, want)
	}
}
