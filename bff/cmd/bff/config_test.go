package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/tracing"
)

const goodSecret = "0f9a1d6c4b7e82531c5d90ae46b3f872"

func valid() map[string]string {
	return map[string]string{
		"PUBLIC_URL":      "https://tasks.example.com",
		"TASKS_URL":       "http://tasks:8080",
		"BETTER_AUTH_URL": "http://auth:3001",
	}
}

func TestConfig_HasDefaults(t *testing.T) {
	t.Parallel()
	empty := valid()
	// Compose files set missing variables to the empty string.
	for _, name := range []string{"BETTER_AUTH_SECRET", "COOKIE_PREFIX", "SESSION_CACHE_TTL", "TRUSTED_ORIGINS", "TRUSTED_PROXIES", "PAGE_DIR", "HOST", "PORT", "OPS_PORT", "LOG_LEVEL", "RATE_LIMIT", "CLIENT_RATE_LIMIT"} {
		empty[name] = ""
	}
	for name, environment := range map[string]map[string]string{"absent": valid(), "empty": empty} {
		var got config
		err := environ.ReadFrom(environment, &got)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := config{
			PublicURL:       environ.Origin{URL: &url.URL{Scheme: "https", Host: "tasks.example.com"}},
			TasksURL:        environ.Address{URL: &url.URL{Scheme: "http", Host: "tasks:8080"}},
			BetterAuthURL:   environ.Address{URL: &url.URL{Scheme: "http", Host: "auth:3001"}},
			CookiePrefix:    "better-auth",
			SessionCacheTTL: environ.Lifetime(30 * time.Second),
			Port:            3000,
			OpsPort:         9091,
			Limits:          httpapi.LimitConfig{RateLimit: 100, RateBurst: 200, MaxInFlight: 500, MaxStreams: 10000},
			ClientRateLimit: 1000,
			ClientRateBurst: 5000,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestConfig_ReadsEveryVariable(t *testing.T) {
	t.Parallel()
	page := t.TempDir()
	if err := os.WriteFile(filepath.Join(page, "index.html"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var got config
	err := environ.ReadFrom(map[string]string{
		"PUBLIC_URL":         "https://Tasks.Example.com:8443/",
		"TASKS_URL":          "http://inner/tasks",
		"BETTER_AUTH_URL":    "http://auth:3001",
		"BETTER_AUTH_SECRET": goodSecret,
		"COOKIE_PREFIX":      "my-app",
		"SESSION_CACHE_TTL":  "0s",
		"TRUSTED_ORIGINS":    "https://a.example, https://b.example:443,http://[::1]:80,http://localhost:5173",
		"TRUSTED_PROXIES":    "10.0.0.0/8, 192.0.2.1,fd00::/8",
		"PAGE_DIR":           page,
		"HOST":               "::1",
		"PORT":               "1",
		"OPS_PORT":           "65535",
		"LOG_LEVEL":          "warn",
		"RATE_LIMIT":         "0",
		"RATE_BURST":         "9",
		"CLIENT_RATE_LIMIT":  "0.5",
		"CLIENT_RATE_BURST":  "7",
		"MAX_IN_FLIGHT":      "8",
		"MAX_STREAMS":        "10",
		"DRAIN_DELAY":        "11s",
		"OTEL_SDK_DISABLED":  "true",
	}, &got)
	if err != nil {
		t.Fatal(err)
	}
	want := config{
		PublicURL:     environ.Origin{URL: &url.URL{Scheme: "https", Host: "tasks.example.com:8443"}},
		TasksURL:      environ.Address{URL: &url.URL{Scheme: "http", Host: "inner", Path: "/tasks"}},
		BetterAuthURL: environ.Address{URL: &url.URL{Scheme: "http", Host: "auth:3001"}},
		Secret:        goodSecret,
		CookiePrefix:  "my-app",
		TrustedOrigins: []environ.Origin{
			{URL: &url.URL{Scheme: "https", Host: "a.example"}},
			{URL: &url.URL{Scheme: "https", Host: "b.example"}},
			{URL: &url.URL{Scheme: "http", Host: "[::1]"}},
			{URL: &url.URL{Scheme: "http", Host: "localhost:5173"}},
		},
		TrustedProxies: []environ.Network{
			environ.Network(netip.MustParsePrefix("10.0.0.0/8")), environ.Network(netip.MustParsePrefix("192.0.2.1/32")), environ.Network(netip.MustParsePrefix("fd00::/8")),
		},
		PageDir: folder(page),
		Host:    "::1",
		Port:    1,
		OpsPort: 65535,

		LogLevel:        environ.LogLevel(slog.LevelWarn),
		Limits:          httpapi.LimitConfig{RateBurst: 9, MaxInFlight: 8, MaxStreams: 10},
		Drain:           httpapi.DrainConfig{Delay: 11 * time.Second},
		ClientRateLimit: 0.5,
		ClientRateBurst: 7,
		Tracing:         tracing.Config{Disabled: true},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b environ.Network) bool { return a == b })); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if got := got.address(got.Port); got != "[::1]:1" {
		t.Errorf("listens on %s", got)
	}
}

func TestConfig_RejectsInvalidValues(t *testing.T) {
	t.Parallel()

	t.Run("one invalid value", func(t *testing.T) {
		t.Parallel()
		for _, invalid := range []string{
			"PUBLIC_URL=", "PUBLIC_URL=tasks.example.com", "PUBLIC_URL=https://tasks.example.com/app", "PUBLIC_URL=https://u:p@tasks.example.com",
			"TASKS_URL=", "TASKS_URL=tasks:8080", "TASKS_URL=http://tasks:8080?x=1", "TASKS_URL=http://u:p@tasks:8080",
			"BETTER_AUTH_URL=", "BETTER_AUTH_URL=ftp://auth", "BETTER_AUTH_URL=http://",
			"BETTER_AUTH_SECRET=" + goodSecret[1:], "BETTER_AUTH_SECRET=better-auth-secret-12345678901234567890", "BETTER_AUTH_SECRET=" + strings.Repeat("x", 64),
			"COOKIE_PREFIX=__Secure-my-app", "COOKIE_PREFIX=my app", "COOKIE_PREFIX=my.app;",
			"SESSION_CACHE_TTL=30", "SESSION_CACHE_TTL=-1s",
			"TRUSTED_ORIGINS=*", "TRUSTED_ORIGINS=https://a.example,b.example", "TRUSTED_ORIGINS=https://*.example.com", "TRUSTED_ORIGINS=https://bücher.example",
			"TRUSTED_PROXIES=everyone", "TRUSTED_PROXIES=10.0.0.0/33",
			"PAGE_DIR=/nowhere",
			"PORT=http", "PORT=0", "PORT=65536", "OPS_PORT=-1", "OPS_PORT=0", "OPS_PORT=3000",
			"LOG_LEVEL=loud", "RATE_LIMIT=-1", "RATE_LIMIT=much", "RATE_LIMIT=NaN", "MAX_IN_FLIGHT=0", "CLIENT_RATE_LIMIT=-1", "CLIENT_RATE_LIMIT=1e12",
			"OTEL_SDK_DISABLED=perhaps", "OTEL_TRACES_EXPORTER=zipkin",
		} {
			environment := valid()
			name, value, _ := strings.Cut(invalid, "=")
			environment[name] = value
			err := environ.ReadFrom(environment, new(config))
			if err == nil {
				t.Errorf("%s: accepted", invalid)
				continue
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != 2 || !strings.HasPrefix(lines[1], "  "+name+" ") {
				t.Errorf("%s: %v", invalid, err)
			}
		}
	})

	t.Run("a port that both servers would use", func(t *testing.T) {
		t.Parallel()
		environment := valid()
		environment["PORT"] = "9091" // OPS_PORT's default
		if err := environ.ReadFrom(environment, new(config)); err == nil || !strings.HasSuffix(err.Error(), "\n  OPS_PORT must differ from PORT") {
			t.Errorf("the error is %v", err)
		}
	})

	t.Run("all errors are reported, without values", func(t *testing.T) {
		t.Parallel()
		environment := map[string]string{
			"TASKS_URL": "http://user:password@tasks", "BETTER_AUTH_SECRET": "password", "PORT": "password", "OPS_PORT": "password",
		}
		err := environ.ReadFrom(environment, new(config))
		if err == nil {
			t.Fatal("accepted")
		}
		for _, name := range []string{"PUBLIC_URL", "TASKS_URL", "BETTER_AUTH_URL", "BETTER_AUTH_SECRET", "PORT", "OPS_PORT"} {
			if strings.Count(err.Error(), "\n  "+name+" ") != 1 {
				t.Errorf("%s is not reported once: %v", name, err)
			}
		}
		if strings.Contains(err.Error(), "password") {
			t.Errorf("a value is shown: %v", err)
		}
	})
}

func TestSecret_IsNotPrinted(t *testing.T) {
	t.Parallel()
	environment := valid()
	environment["BETTER_AUTH_SECRET"] = goodSecret
	var c config
	if err := environ.ReadFrom(environment, &c); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(got, goodSecret) {
		t.Errorf("printed: %s", got)
	}
}
