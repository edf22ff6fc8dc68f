package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// minCompressed is the minimum size in bytes of a compressed response. Smaller ones fit
// into one packet anyway.
const minCompressed = 1400

// compressJSON compresses JSON responses of the API, but not streams. It is not used for
// Better Auth's responses, which contain session tokens.
//
// A page of another site could make the browser request a response that contains both a
// guess of that page and the user's tasks, and learn from its length whether the guess
// was right (BREACH). Responses to such requests are not compressed.
func compressJSON() (func(http.Handler) http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(minCompressed),
		gzhttp.ContentTypes([]string{"application/json", "application/problem+json"}),
		// Keeps no memory between writes while a browser reads slowly.
		gzhttp.CompressionLevel(gzip.StatelessCompression),
		gzhttp.EnableZstd(false),
		// As in Apache. Preconditions accept such a tag.
		gzhttp.SuffixETag("-gzip"),
	)
	if err != nil {
		return nil, err
	}
	return func(next http.Handler) http.Handler {
		compressed := wrap(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
				next.ServeHTTP(w, r)
			} else {
				compressed(w, r)
			}
		})
	}, nil
}

// encodings are the encodings of the page's compressed files, the best first, with
// their suffixes.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// acceptsEncoding reports whether a browser accepts a content coding.
func acceptsEncoding(r *http.Request, coding string) bool {
	for _, header := range r.Header.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(header, ",") {
			name, quality, _ := strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(name), coding) {
				weight, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(quality), "q="), 64)
				return err != nil || weight > 0
			}
		}
	}
	return false
}
