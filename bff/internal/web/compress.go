package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// minCompressed is the size in bytes from which responses are compressed. Smaller ones fit
// into one packet.
const minCompressed = 1400

// compressJSON compresses JSON responses of the API, but not streams. It is not used for
// Better Auth's responses, which contain session tokens.
//
// Responses to requests from pages of other sites are not compressed either. Such a page
// could request a response that contains both a guess of its own and the user's tasks, and
// learn from the length whether the guess is right (BREACH).
func compressJSON() func(http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(minCompressed),
		gzhttp.ContentTypes([]string{"application/json", "application/problem+json"}),
		// Needs no memory between writes while a browser reads slowly.
		gzhttp.CompressionLevel(gzip.StatelessCompression),
		gzhttp.EnableZstd(false),
		// The suffix that Apache appends. [httpapi.ParsePreconditions] accepts it.
		gzhttp.SuffixETag("-gzip"),
	)
	if err != nil {
		panic(err) // the options are valid
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
	}
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
