package web

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/tasklane/tasklane/services/environ"
)

func TestClientAddress_IsForwardedOnlyByTrustedProxies(t *testing.T) {
	t.Parallel()
	proxies := trustedProxies{environ.Network(netip.MustParsePrefix("10.0.0.0/8")), environ.Network(netip.MustParsePrefix("fd00::/8")), environ.Network(netip.MustParsePrefix("172.30.253.0/25"))}
	for name, test := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                          {peer: "203.0.113.7:4711", want: "203.0.113.7"},
		"a forged header":                   {peer: "203.0.113.7:4711", forwarded: []string{"198.51.100.1"}, want: "203.0.113.7"},
		"a proxy":                           {peer: "10.0.0.1:4711", forwarded: []string{"198.51.100.1"}, want: "198.51.100.1"},
		"a proxy behind a proxy":            {peer: "10.0.0.1:4711", forwarded: []string{"198.51.100.1, 10.9.9.9"}, want: "198.51.100.1"},
		"several headers":                   {peer: "10.0.0.1:4711", forwarded: []string{"192.0.2.1", "198.51.100.1", "10.9.9.9"}, want: "198.51.100.1"},
		"a forged first address":            {peer: "10.0.0.1:4711", forwarded: []string{"192.0.2.1, 198.51.100.1"}, want: "198.51.100.1"},
		"a proxy that does not forward":     {peer: "10.0.0.1:4711", want: "10.0.0.1"},
		"only proxies":                      {peer: "10.0.0.1:4711", forwarded: []string{"10.0.0.2, 10.0.0.3"}, want: "10.0.0.2"},
		"an invalid address behind a proxy": {peer: "10.0.0.1:4711", forwarded: []string{"198.51.100.1, nonsense"}, want: "10.0.0.1"},
		"a proxy on both kinds of socket":   {peer: "[::ffff:10.0.0.1]:4711", forwarded: []string{"::ffff:198.51.100.1"}, want: "198.51.100.1"},
		"a proxy by IPv6":                   {peer: "[fd00::1]:4711", forwarded: []string{"2001:db8::1"}, want: "2001:db8::1"},
		"an address with a port":            {peer: "10.0.0.1:4711", forwarded: []string{"198.51.100.1:51123"}, want: "198.51.100.1"},
		"proxies with ports":                {peer: "10.0.0.1:4711", forwarded: []string{"192.0.2.1:1, 198.51.100.1:51123, 10.9.9.9:443"}, want: "198.51.100.1"},
		"IPv6 with a port":                  {peer: "10.0.0.1:4711", forwarded: []string{"[2001:db8::1]:51123"}, want: "2001:db8::1"},
		"IPv6 in brackets":                  {peer: "10.0.0.1:4711", forwarded: []string{"[2001:db8::1]"}, want: "2001:db8::1"},
		"IPv6 that ends like a port":        {peer: "10.0.0.1:4711", forwarded: []string{"2001:db8::1:443"}, want: "2001:db8::1:443"},
		"IPv6 in quotes with a port":        {peer: "10.0.0.1:4711", forwarded: []string{`"[2001:db8::1]:51123"`}, want: "2001:db8::1"},
		"a port with a name":                {peer: "10.0.0.1:4711", forwarded: []string{"198.51.100.1:_hidden"}, want: "198.51.100.1"},
		"IPv4 in IPv6 with a port":          {peer: "10.0.0.1:4711", forwarded: []string{"[::ffff:198.51.100.1]:51123"}, want: "198.51.100.1"},
		"a port alone":                      {peer: "10.0.0.1:4711", forwarded: []string{":51123"}, want: "10.0.0.1"},
		"a private address as the client":   {peer: "172.30.253.2:4711", forwarded: []string{"203.0.113.1, 192.168.1.50"}, want: "192.168.1.50"},
		"a socket without an address":       {peer: "@", want: "invalid IP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: test.peer, Header: http.Header{"X-Forwarded-For": test.forwarded}}
			if got := proxies.client(r).String(); got != test.want {
				t.Errorf("client = %s, want %s", got, test.want)
			}
		})
	}
}

func TestClientKey_IsTheAddressOrItsIPv6Network(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"203.0.113.7:1", "203.0.113.7:2", true},
		{"203.0.113.7:1", "[::ffff:203.0.113.7]:1", true},
		{"203.0.113.7:1", "203.0.113.8:1", false},
		{"[2001:db8::1]:1", "[2001:db8::ffff:ffff:ffff:ffff]:1", true},
		{"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false},
		{"[fe80::1%eth0]:1", "[fe80::2%eth1]:1", true},
	} {
		a, b := trustedProxies(nil).clientKey(&http.Request{RemoteAddr: test.a}), trustedProxies(nil).clientKey(&http.Request{RemoteAddr: test.b})
		if (a == b) != test.same {
			t.Errorf("the key of %s is %s, that of %s is %s", test.a, a, test.b, b)
		}
	}
}

// FuzzClientAddress checks that X-Forwarded-For of an untrusted peer is ignored, and that
// everything before the last untrusted address is ignored in that of a trusted proxy.
func FuzzClientAddress(f *testing.F) {
	for _, seed := range []string{"", "198.51.100.1", "192.0.2.1, 10.9.9.9", "::ffff:10.0.0.2", "fe80::1%eth0", ",,", "nonsense, fd00::1", "1.2.3.4:80", "[::1]"} {
		f.Add(seed)
	}
	proxies := trustedProxies{environ.Network(netip.MustParsePrefix("10.0.0.0/8")), environ.Network(netip.MustParsePrefix("fd00::/8"))}
	f.Fuzz(func(t *testing.T, forwarded string) {
		from := func(peer, forwarded string) netip.Addr {
			return proxies.client(&http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {forwarded}}})
		}
		if got := from("203.0.113.7:4711", forwarded).String(); got != "203.0.113.7" {
			t.Fatalf("X-Forwarded-For %q from an untrusted peer gives %s", forwarded, got)
		}
		got := from("10.0.0.1:4711", forwarded)
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Fatalf("%q is %v", forwarded, got)
		}
		if !proxies.contain(got) {
			if longer := from("10.0.0.1:4711", "192.0.2.99, "+forwarded); longer != got {
				t.Fatalf("%q is %v, and with an address before it %v", forwarded, got, longer)
			}
		}
		if last := from("10.0.0.1:4711", forwarded+", 198.51.100.1"); last.String() != "198.51.100.1" {
			t.Fatalf("%q, 198.51.100.1 is %v", forwarded, last)
		}
	})
}
