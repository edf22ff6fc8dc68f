package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/services/environ"
)

// trustedProxies are the networks whose X-Forwarded-For is trusted.
type trustedProxies []environ.Network

// client returns the browser's address: the peer's, or, if the peer is a trusted proxy,
// the last address in X-Forwarded-For that is not a trusted proxy. Anyone can forge the
// addresses before it. The result is invalid if the address cannot be parsed.
func (p trustedProxies) client(r *http.Request) netip.Addr {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	addr := peer.Addr().Unmap()
	if !p.contain(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		forwarded, err := hopAddress(strings.TrimSpace(hop))
		if err != nil {
			return addr
		}
		addr = forwarded.Unmap().WithZone("")
		if !p.contain(addr) {
			return addr
		}
	}
	return addr
}

// hopAddress parses an address of X-Forwarded-For. Some proxies append the client's port,
// with an IPv6 address in brackets, and some add quotes, as in Forwarded (RFC 7239,
// section 6).
func hopAddress(hop string) (netip.Addr, error) {
	if len(hop) > 1 && hop[0] == '"' && hop[len(hop)-1] == '"' {
		hop = hop[1 : len(hop)-1]
	}
	if inside, ok := strings.CutPrefix(hop, "["); ok {
		hop, _, _ = strings.Cut(inside, "]")
	} else if strings.Count(hop, ":") == 1 {
		hop, _, _ = strings.Cut(hop, ":")
	}
	return netip.ParseAddr(hop)
}

// networkBits is the prefix length of one IPv6 subscriber, who can choose any address
// within it. The whole prefix counts as one client.
const networkBits = 64

// network returns the prefix that counts as one client for an address.
func network(addr netip.Addr) netip.Prefix {
	bits := addr.BitLen()
	if addr.Is6() {
		bits = networkBits
	}
	prefix, _ := addr.Prefix(bits) // the length is valid
	return prefix
}

// clientKey returns the key of a request's client in rate limits.
func (p trustedProxies) clientKey(r *http.Request) string { return network(p.client(r)).String() }

func (p trustedProxies) contain(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(n environ.Network) bool { return netip.Prefix(n).Contains(addr) })
}
