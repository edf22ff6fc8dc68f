package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// config is the environment of "bff serve".
type config struct {
	// PublicURL is the origin that browsers know the bff by.
	PublicURL origin `env:"PUBLIC_URL,notEmpty"`
	// TasksURL and BetterAuthURL are where the servers behind the bff are
	// reached from here.
	TasksURL      address `env:"TASKS_URL,notEmpty"`
	BetterAuthURL address `env:"BETTER_AUTH_URL,notEmpty"`
	// Secret is Better Auth's, by which forged cookies are told without
	// asking. Without it every cookie is a question to Better Auth.
	Secret secret `env:"BETTER_AUTH_SECRET"`
	// SessionCacheTTL is how long a session counts that was ended elsewhere.
	SessionCacheTTL lifetime `env:"SESSION_CACHE_TTL" envDefault:"30s"`
	// TrustedOrigins are other origins whose pages may call the API.
	TrustedOrigins []origin `env:"TRUSTED_ORIGINS"`
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []network `env:"TRUSTED_PROXIES"`
	// PageDir is the folder of the built page; empty for none.
	PageDir folder `env:"PAGE_DIR"`
	// Host is the address to listen on; empty means all of them.
	Host string `env:"HOST"`
	// Port serves browsers, OpsPort health and readiness.
	Port    port `env:"PORT" envDefault:"3000"`
	OpsPort port `env:"OPS_PORT" envDefault:"9091"`
}

// readConfig reads the environment. Its error names every mistake, each by its
// variable, and shows no value.
func readConfig(environment map[string]string) (config, error) {
	var c config
	err := env.ParseWithOptions(&c, env.Options{Environment: environment})
	var all env.AggregateError
	if err != nil && !errors.As(err, &all) {
		return c, err
	}
	var mistakes []string
	for _, err := range all.Errors {
		mistakes = append(mistakes, mistake(err))
	}
	if c.Port != 0 && c.Port == c.OpsPort {
		mistakes = append(mistakes, "OPS_PORT must differ from PORT")
	}
	if len(mistakes) == 0 {
		return c, nil
	}
	return c, fmt.Errorf("the environment is not right:\n  %s", strings.Join(mistakes, "\n  "))
}

// mistake names the variable, where the library names the field.
func mistake(err error) string {
	var parse env.ParseError
	var empty env.EmptyVarError
	switch {
	case errors.As(err, &parse):
		field, _ := reflect.TypeFor[config]().FieldByName(parse.Name)
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		return name + " " + parse.Err.Error()
	case errors.As(err, &empty):
		return empty.Key + " must be set"
	default:
		return err.Error()
	}
}

func (c *config) listen(p port) string {
	return net.JoinHostPort(c.Host, strconv.Itoa(int(p)))
}

// origin is the scheme and host of a site, as browsers write them in the
// Origin header.
type origin struct{ *url.URL }

// originHost is what browsers make of every host: no pattern, and names of
// other scripts in Punycode.
var originHost = regexp.MustCompile(`^[a-z0-9._\-\[\]:]+$`)

func (o *origin) UnmarshalText(text []byte) error {
	u, ok := parseHTTP(string(text))
	if !ok || strings.Trim(u.Path, "/") != "" {
		return errors.New("must be an origin such as https://tasks.example.com")
	}
	usual := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	host := strings.TrimSuffix(strings.ToLower(u.Host), usual)
	if !originHost.MatchString(host) {
		return errors.New("must name a single host, in ASCII")
	}
	o.URL = &url.URL{Scheme: u.Scheme, Host: host}
	return nil
}

func origins(all []origin) []*url.URL {
	urls := make([]*url.URL, len(all))
	for i, o := range all {
		urls[i] = o.URL
	}
	return urls
}

// address is where another server is reached.
type address struct{ *url.URL }

func (a *address) UnmarshalText(text []byte) error {
	u, ok := parseHTTP(string(text))
	if !ok {
		return errors.New("must be an address such as http://tasks:8080")
	}
	a.URL = u
	return nil
}

// parseHTTP reads an http or https URL with neither user, query nor fragment.
func parseHTTP(text string) (*url.URL, bool) {
	u, err := url.Parse(strings.TrimSpace(text))
	ok := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
	return u, ok
}

// network is an address or a range of them.
type network netip.Prefix

func (n *network) UnmarshalText(text []byte) error {
	field := strings.TrimSpace(string(text))
	if single, err := netip.ParseAddr(field); err == nil {
		*n = network(netip.PrefixFrom(single, single.BitLen()))
		return nil
	}
	prefix, err := netip.ParsePrefix(field)
	if err != nil {
		return errors.New("must be addresses or networks such as 10.0.0.0/8, separated by commas")
	}
	*n = network(prefix)
	return nil
}

func networks(all []network) []netip.Prefix {
	prefixes := make([]netip.Prefix, len(all))
	for i, n := range all {
		prefixes[i] = netip.Prefix(n)
	}
	return prefixes
}

// lifetime is a duration of zero or more.
type lifetime time.Duration

func (l *lifetime) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return errors.New("must be a duration such as 30s")
	}
	*l = lifetime(d)
	return nil
}

// port is the number of a TCP port.
type port uint16

func (p *port) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 10, 16)
	if err != nil || n == 0 {
		return errors.New("must be a number from 1 to 65535")
	}
	*p = port(n)
	return nil
}

// folder is where the built page lies.
type folder string

func (f *folder) UnmarshalText(text []byte) error {
	if _, err := os.Stat(filepath.Join(string(text), "index.html")); err != nil {
		return errors.New("must be the folder of a built page: there is no index.html to read")
	}
	*f = folder(text)
	return nil
}

// secret is a key that must not be shown.
type secret string

// The rules are those of the auth server, which has the same secret.
const (
	minSecretLength  = 32
	minSecretVariety = 10
)

// wellKnownSecrets are published defaults.
var wellKnownSecrets = []string{"better-auth-secret-12345678901234567890"}

func (s *secret) UnmarshalText(text []byte) error {
	value := string(text)
	different := map[rune]bool{}
	for _, r := range value {
		different[r] = true
	}
	switch {
	case len(value) < minSecretLength:
		return fmt.Errorf("must have at least %d characters", minSecretLength)
	case slices.Contains(wellKnownSecrets, value):
		return errors.New("is a publicly known default: make one with `openssl rand -hex 32`")
	case len(different) < minSecretVariety:
		return errors.New("is easy to guess: make one with `openssl rand -hex 32`")
	}
	*s = secret(value)
	return nil
}

func (secret) String() string { return "[hidden]" }

func (secret) GoString() string { return "[hidden]" }
