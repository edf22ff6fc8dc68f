package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// minCompressed is the size in bytes from which a response is compressed: smaller
// ones fit into one packet anyway.
const minCompressed = 1400

// compressJSON compresses JSON of the API. Streams pass as they are, and so do the
// responses of Better Auth, for which it is not used: they hold session tokens.
//
// A page of another site could make a browser ask for a response that holds both
// a guess of that page and the user's tasks, and read from its length whether
// the guess was right (BREACH). Responses to such requests are not compressed.
func compressJSON() (func(http.Handler) http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(minCompressed),
		gzhttp.ContentTypes([]string{"application/json", "application/problem+json"}),
		// Without memory of its own for as long as a browser takes to read.
		gzhttp.CompressionLevel(gzip.StatelessCompression),
		gzhttp.EnableZstd(false),
		// As Apache does. Conditions accept such a tag.
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

// encodings are those of the files that the page's build compresses, the best one
// first, with the ends of their names.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// acceptsEncoding reports whether a browser takes a content coding.
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
