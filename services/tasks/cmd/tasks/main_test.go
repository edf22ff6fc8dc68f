package main

import (
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/tracing"
	"github.com/tasklane/tasklane/services/stack/pgtest"
)

// asProgram names the variable that makes this test program run tasks.
const asProgram = "TEST_AS_TASKS"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	pgtest.Main(m)
}

// TestConfig_ReportsEveryError sets the environment, so it cannot run in parallel.
func TestConfig_ReportsEveryError(t *testing.T) {
	for name, value := range map[string]string{
		"DATABASE_URL":          "mysql://app:s3cret@db/tasks",
		"DATABASE_URL_UNPOOLED": "",
		"BETTER_AUTH_URL":       "",
		"JWKS_URL":              "",
		"JWT_ISSUER":            "",
		"JWT_AUDIENCE":          "",
		"PORT":                  "9090",
		"OPS_PORT":              "9090",
		"RATE_LIMIT":            "-1",
		"MAX_IN_FLIGHT":         "0",
		"MAX_USER_BYTES":        "-1",
		"OTEL_TRACES_EXPORTER":  "zipkin",
	} {
		t.Setenv(name, value)
	}
	err := run([]string{"serve"})
	if err == nil {
		t.Fatal("serve started")
	}
	for _, name := range []string{"DATABASE_URL", "BETTER_AUTH_URL", "JWT_ISSUER", "OPS_PORT", "RATE_LIMIT", "MAX_IN_FLIGHT", "MAX_USER_BYTES", "OTEL_TRACES_EXPORTER"} {
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
		"DATABASE_URL":                       "postgres://app:a@db/tasks",
		"DATABASE_URL_UNPOOLED":              "postgres://owner:b@direct/tasks",
		"BETTER_AUTH_URL":                    "http://auth:3001/",
		"JWKS_URL":                           "",
		"JWT_ISSUER":                         "http://localhost:3000",
		"JWT_AUDIENCE":                       "",
		"HOST":                               "127.0.0.1",
		"PORT":                               "",
		"OPS_PORT":                           "9999",
		"LOG_LEVEL":                          "warn",
		"RATE_LIMIT":                         "",
		"MAX_USER_RESOURCES":                 "",
		"MAX_USER_BYTES":                     "0",
		"MAX_STREAMS":                        "7",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces",
	} {
		t.Setenv(name, value)
	}
	var migrate migrateConfig
	if err := environ.Read(&migrate); err != nil {
		t.Error(err)
	}
	if want := (migrateConfig{RuntimeURL: "postgres://app:a@db/tasks", OwnerURL: "postgres://owner:b@direct/tasks"}); migrate != want {
		t.Errorf("migrate reads %+v, want %+v", migrate, want)
	}
	var serve serveConfig
	if err := environ.Read(&serve); err != nil {
		t.Error(err)
	}
	want := serveConfig{
		DatabaseURL: "postgres://app:a@db/tasks", DirectURL: "postgres://owner:b@direct/tasks",
		BetterAuthURL: environ.Address{URL: &url.URL{Scheme: "http", Host: "auth:3001", Path: "/"}},
		JWKSURL:       "http://auth:3001/api/auth/jwks", Issuer: "http://localhost:3000", Audience: "http://localhost:3000",
		Host: "127.0.0.1", Port: 8080, OpsPort: 9999,
		LogLevel:         environ.LogLevel(slog.LevelWarn),
		MaxUserResources: 50_000,
		Limits:           httpapi.LimitConfig{RateLimit: 100, RateBurst: 200, MaxInFlight: 500, MaxStreams: 7},
		Tracing:          tracing.Config{TracesEndpoint: "http://collector:4318/v1/traces"},
	}
	if diff := cmp.Diff(want, serve); diff != "" {
		t.Errorf("serve reads (-want +got):\n%s", diff)
	}
	if got, want := serve.listenURL(), "postgres://app:a@direct/tasks"; got != want {
		t.Errorf("serve listens at %s, want %s", got, want)
	}
}

func TestBetterAuthKeys_AreBelowItsPath(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://auth:3001":                  "http://auth:3001/api/auth/jwks",
		"http://auth:3001/":                 "http://auth:3001/api/auth/jwks",
		"https://login.example.com/my/auth": "https://login.example.com/my/auth/jwks",
		"https://login.example.com/auth/":   "https://login.example.com/auth/jwks",
	} {
		parsed, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := betterAuthKeys(parsed); got != want {
			t.Errorf("keys of %s at %s, want %s", address, got, want)
		}
	}
}
