package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/tracing"
)

// config is the environment of "bff serve".
type config struct {
	// PublicURL is the origin of the bff in browsers.
	PublicURL environ.Origin `env:"PUBLIC_URL,notEmpty"`
	// TasksURL and BetterAuthURL are the addresses of the servers behind the bff.
	TasksURL      environ.Address `env:"TASKS_URL,notEmpty"`
	BetterAuthURL environ.Address `env:"BETTER_AUTH_URL,notEmpty"`
	// Secret is Better Auth's secret, with which the bff verifies cookies. Without
	// it, every unknown cookie costs a request to Better Auth.
	Secret secret `env:"BETTER_AUTH_SECRET"`
	// CookiePrefix is the prefix of the names of Better Auth's cookies.
	CookiePrefix cookiePrefix `env:"COOKIE_PREFIX" envDefault:"better-auth"`
	// SessionCacheTTL is how long a session that ended elsewhere is still accepted.
	SessionCacheTTL environ.Lifetime `env:"SESSION_CACHE_TTL" envDefault:"30s"`
	// TrustedOrigins are other origins whose pages may call the API.
	TrustedOrigins []environ.Origin `env:"TRUSTED_ORIGINS"`
	// TrustedProxies are the networks of proxies whose X-Forwarded-For is trusted.
	TrustedProxies []environ.Network `env:"TRUSTED_PROXIES"`
	// PageDir is the folder of the built page; empty for none.
	PageDir folder `env:"PAGE_DIR"`
	// Host is the address to listen on; empty means all addresses.
	Host string `env:"HOST"`
	// Port serves browsers, OpsPort health, readiness and metrics.
	Port    environ.Port `env:"PORT" envDefault:"3000"`
	OpsPort environ.Port `env:"OPS_PORT" envDefault:"9091"`
	// LogLevel is the minimum level of logged lines.
	LogLevel environ.LogLevel `env:"LOG_LEVEL" envDefault:"INFO"`
	// Limits bound the requests of a replica.
	Limits httpapi.LimitConfig
	// Drain configures the shutdown of a replica.
	Drain httpapi.DrainConfig
	// ClientRateLimit is the number of requests per second that one address may
	// send to a replica; zero means no limit. ClientRateBurst is the number that
	// may come at once. Many users can share an address.
	ClientRateLimit float64 `env:"CLIENT_RATE_LIMIT" envDefault:"1000"`
	ClientRateBurst int     `env:"CLIENT_RATE_BURST" envDefault:"5000"`
	// Tracing turns traces on or off.
	Tracing tracing.Config
}

func (c *config) Check() error {
	errs := []error{c.Limits.Check(), c.Drain.Check(), c.clientRate().Check("CLIENT_RATE_LIMIT", "CLIENT_RATE_BURST"), c.Tracing.Check()}
	if c.Port == c.OpsPort {
		errs = append(errs, errors.New("OPS_PORT must differ from PORT"))
	}
	return errors.Join(errs...)
}

func (c *config) clientRate() httpapi.Rate {
	return httpapi.Rate{PerSecond: c.ClientRateLimit, Burst: c.ClientRateBurst}
}

func (c *config) address(port environ.Port) string {
	return net.JoinHostPort(c.Host, port.String())
}

// cookiePrefix is Better Auth's cookiePrefix, without __Secure-, which Better Auth adds on
// https.
type cookiePrefix string

var cookiePrefixPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

func (p *cookiePrefix) UnmarshalText(text []byte) error {
	if !cookiePrefixPattern.Match(text) {
		return errors.New("must be Better Auth's advanced.cookiePrefix, such as my-app, without __Secure-")
	}
	*p = cookiePrefix(text)
	return nil
}

// folder is the path of a folder with a readable index.html.
type folder string

func (f *folder) UnmarshalText(text []byte) error {
	if _, err := os.Stat(filepath.Join(string(text), "index.html")); err != nil {
		return errors.New("must be the folder of a built page: it has no readable index.html")
	}
	*f = folder(text)
	return nil
}

// secret is a secret that fmt does not print.
type secret string

// The rules are the same as in the auth server, which has the same secret.
const (
	minSecretLength  = 32
	minSecretVariety = 10
)

// wellKnownSecrets are Better Auth's published defaults.
var wellKnownSecrets = []string{"better-auth-secret-12345678901234567890"}

func (s *secret) UnmarshalText(text []byte) error {
	value := string(text)
	distinct := map[rune]bool{}
	for _, r := range value {
		distinct[r] = true
	}
	switch {
	case len(value) < minSecretLength:
		return fmt.Errorf("must have at least %d characters", minSecretLength)
	case slices.Contains(wellKnownSecrets, value):
		return errors.New("is a publicly known default: generate one with `openssl rand -hex 32`")
	case len(distinct) < minSecretVariety:
		return errors.New("is easy to guess: generate one with `openssl rand -hex 32`")
	}
	*s = secret(value)
	return nil
}

func (secret) String() string { return "[hidden]" }

func (secret) GoString() string { return "[hidden]" }
