package web

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestClientAddress(t *testing.T) {
	t.Parallel()
	proxies := trustedProxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, test := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"nobody between":                  {peer: "203.0.113.7:4711", want: "203.0.113.7"},
		"a stranger's word":               {peer: "203.0.113.7:4711", forwarded: []string{"198.51.100.1"}, want: "203.0.113.7"},
		"a proxy":                         {peer: "10.0.0.1:4711", forwarded: []string{"198.51.100.1"}, want: "198.51.100.1"},
		"a proxy behind a proxy":          {peer: "10.0.0.1:4711", forwarded: []string{"198.51.100.1, 10.9.9.9"}, want: "198.51.100.1"},
		"several headers":                 {peer: "10.0.0.1:4711", forwarded: []string{"192.0.2.1", "198.51.100.1", "10.9.9.9"}, want: "198.51.100.1"},
		"what a client put in front":      {peer: "10.0.0.1:4711", forwarded: []string{"192.0.2.1, 198.51.100.1"}, want: "198.51.100.1"},
		"a proxy that does not forward":   {peer: "10.0.0.1:4711", want: "10.0.0.1"},
		"only proxies":                    {peer: "10.0.0.1:4711", forwarded: []string{"10.0.0.2, 10.0.0.3"}, want: "10.0.0.2"},
		"nonsense behind a proxy":         {peer: "10.0.0.1:4711", forwarded: []string{"198.51.100.1, nonsense"}, want: "10.0.0.1"},
		"a proxy on both kinds of socket": {peer: "[::ffff:10.0.0.1]:4711", forwarded: []string{"::ffff:198.51.100.1"}, want: "198.51.100.1"},
		"a proxy by IPv6":                 {peer: "[fd00::1]:4711", forwarded: []string{"2001:db8::1"}, want: "2001:db8::1"},
		"a socket without an address":     {peer: "@", want: "invalid IP"},
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

func TestClientsThatCountAsOne(t *testing.T) {
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
			t.Errorf("%s counts as %s, %s as %s", test.a, a, test.b, b)
		}
	}
}
