package sdk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"
)

// Version is the version of this module. It is part of the User-Agent.
const Version = "0.1.0"

const (
	// attemptTimeout bounds one attempt with the default HTTP client, so that a
	// call without a deadline ends too.
	attemptTimeout = 30 * time.Second

	// idleTimeout is shorter than the usual keep-alive of a server, so that
	// requests rarely use a connection that the server is closing.
	idleTimeout = 30 * time.Second

	// idlePerHost is the number of idle connections per host. A busy program
	// would keep reopening the two of [http.DefaultTransport].
	idlePerHost = 100

	// An HTTP/2 connection on which nothing arrives for pingAfter must answer a
	// ping within pingTimeout. Otherwise all attempts would use a dead connection
	// until the kernel closes it after 15 minutes. The sum is shorter than an
	// attempt.
	pingAfter   = 15 * time.Second
	pingTimeout = 10 * time.Second
)

// Client calls the task service. It is safe for concurrent use. Use one client for the
// whole program: its calls share connections and the retry budget.
type Client struct {
	baseURL   string // without a trailing slash
	http      *http.Client
	stream    *http.Client    // the same without a timeout
	transport *http.Transport // nil with WithHTTPClient
	userAgent string
	tokens    TokenSource
	hooks     []Hook
	retry     RetryPolicy
	budget    *budget
}

// Option configures a [Client].
type Option func(*Client)

// New returns a client of the task service at baseURL, such as "http://tasks:8080".
// The URL may have a path, which prefixes the service's paths, but no user, query or
// fragment. Credentials come from [WithTokenSource] or [WithToken].
//
// New makes no request. It fails if the URL or an option is invalid.
func New(baseURL string, opts ...Option) (*Client, error) {
	base, err := parseBaseURL(baseURL)
	if err != nil {
		return nil, err
	}
	c := &Client{
		baseURL:   base,
		userAgent: "tasklane-sdk-go/" + Version + " (" + runtime.Version() + ")",
		budget:    newBudget(),
	}
	for _, opt := range opts {
		opt(c)
	}
	if c.retry, err = c.retry.withDefaults(); err != nil {
		return nil, err
	}
	if !visible(strings.ReplaceAll(c.userAgent, " ", "")) {
		return nil, errors.New("tasklane: the user agent may contain only visible ASCII characters and spaces")
	}
	c.prepareHTTP()
	return c, nil
}

// WithTokenSource authenticates calls with bearer tokens of source. [WithToken]
// overrides it for one call.
func WithTokenSource(source TokenSource) Option {
	return func(c *Client) { c.tokens = source }
}

// WithHTTPClient makes the client send requests with the transport, timeout and cookies
// of h. A timeout of h applies to each attempt, but not to the connections of
// [Client.Watch]. Redirects are not followed unless h.CheckRedirect is set. The default
// HTTP client has its own connection pool, a timeout of 30 seconds per attempt, and the
// proxy of [http.ProxyFromEnvironment].
func WithHTTPClient(h *http.Client) Option {
	return func(c *Client) { c.http = h }
}

// WithUserAgent prepends a program's name and version, such as "planner/1.4", to the
// SDK's User-Agent.
func WithUserAgent(product string) Option {
	return func(c *Client) { c.userAgent = product + " " + c.userAgent }
}

// WithRetry replaces the retry policy. RetryPolicy{MaxAttempts: 1} disables retries.
func WithRetry(policy RetryPolicy) Option {
	return func(c *Client) { c.retry = policy }
}

// WithHook adds a hook that is called before and after every attempt. Hooks run in the
// order in which they were added before an attempt, and in reverse after it.
func WithHook(hook Hook) Option {
	return func(c *Client) { c.hooks = append(c.hooks, hook) }
}

// String returns the base URL without credentials.
func (c *Client) String() string {
	return "[Tasklane at " + c.baseURL + "]"
}

// GoString is String, for %#v.
func (c *Client) GoString() string {
	return c.String()
}

// Close closes idle connections, which would otherwise close after 30 seconds. Call it
// after the last call has returned. It ends neither calls nor a [Client.Watch], which
// end with their contexts, and does not affect an HTTP client from [WithHTTPClient].
func (c *Client) Close() {
	if c.transport != nil {
		c.transport.CloseIdleConnections()
	}
}

// prepareHTTP sets c.http without changing the caller's HTTP client.
func (c *Client) prepareHTTP() {
	h := http.Client{Timeout: attemptTimeout}
	if c.http != nil {
		h = *c.http
	} else if shared, ok := http.DefaultTransport.(*http.Transport); ok {
		c.transport = shared.Clone()
		c.transport.IdleConnTimeout = idleTimeout
		c.transport.MaxIdleConnsPerHost = idlePerHost
		if c.transport.HTTP2 == nil {
			c.transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout}
		}
		h.Transport = c.transport
	}
	c.http = withoutRedirects(h)
	h.Timeout = 0
	c.stream = withoutRedirects(h)
}

// withoutRedirects returns a copy of h that does not follow redirects, unless h has a
// rule of its own. Following one could turn a POST into a GET or send data to another
// host. The servers send no redirects.
func withoutRedirects(h http.Client) *http.Client {
	if h.CheckRedirect == nil {
		h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return &h
}

// parseBaseURL validates a base URL. Its errors do not quote the URL, which may contain
// a password.
func parseBaseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "", errors.New("tasklane: the base URL is not a valid URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("tasklane: the base URL must start with http:// or https://")
	case u.Hostname() == "":
		return "", errors.New("tasklane: the base URL has no host")
	case u.User != nil:
		return "", errors.New("tasklane: the base URL must not have a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("tasklane: the base URL must not have a query or fragment")
	}
	return fmt.Sprintf("%s://%s%s", u.Scheme, u.Host, strings.TrimRight(u.EscapedPath(), "/")), nil
}
