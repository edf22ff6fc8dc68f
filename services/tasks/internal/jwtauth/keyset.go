package jwtauth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

const (
	// fetchTimeout bounds one fetch of the keys.
	fetchTimeout = 5 * time.Second
	// fetchInterval is how often the keys are fetched unasked.
	fetchInterval = 15 * time.Minute
	// unknownKeyInterval is the shortest time between two fetches for the
	// sake of keys that are not known: anyone can name such a key. So long
	// may the first users of a new key have to wait.
	unknownKeyInterval = time.Second
	// maxWaiting is how many may wait for a fetch: anyone can name a key that is
	// not known. Others hear at once that they have to come back.
	maxWaiting = 64
	// unknownTime is how long it is remembered that the issuer does not have a key,
	// unknownKeys of how many that is remembered.
	unknownTime = 5 * time.Second
	unknownKeys = 10_000
	// maxKeySetBytes bounds the issuer's answer.
	maxKeySetBytes = 1 << 20
)

// keySet holds the issuer's public keys. It starts empty where the issuer
// cannot be reached, fetches again when a token names a key it does not know,
// and never gives up good keys for an answer without any.
type keySet struct {
	// Storage is the keys at hand.
	jwkset.Storage

	// remote fetches before it says that a key is not known.
	remote jwkset.Storage
	// fetch lets all who miss a key wait for one and the same fetch.
	fetch   singleflight.Group
	fetcher *fetcher
	// waiting holds one element for each caller that waits for a fetch.
	waiting chan struct{}
	// unknown holds the SHA-256 of ids that the issuer does not know.
	unknown *otter.Cache[[sha256.Size]byte, struct{}]
}

func newKeySet(ctx context.Context, url string, log *slog.Logger) (*keySet, error) {
	fetcher := &fetcher{next: http.DefaultTransport}
	storage, err := jwkset.NewStorageFromHTTP(url, jwkset.HTTPClientStorageOptions{
		Client:                    &http.Client{Transport: fetcher},
		Ctx:                       ctx,
		HTTPTimeout:               fetchTimeout,
		RefreshInterval:           fetchInterval,
		NoErrorReturnFirstHTTPReq: true,
		RefreshErrorHandler: func(ctx context.Context, err error) {
			log.WarnContext(ctx, "cannot fetch the issuer's keys", "url", url, "error", err.Error())
		},
	})
	if err != nil {
		return nil, fmt.Errorf("read the issuer's keys at %s: %w", url, err)
	}
	remote, err := jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs:          map[string]jwkset.Storage{url: storage},
		RateLimitWaitMax:  2 * fetchTimeout,
		RefreshUnknownKID: rate.NewLimiter(rate.Every(unknownKeyInterval), 1),
	})
	if err != nil {
		return nil, fmt.Errorf("read the issuer's keys at %s: %w", url, err)
	}
	unknown, err := otter.New(&otter.Options[[sha256.Size]byte, struct{}]{
		MaximumSize: unknownKeys, ExpiryCalculator: otter.ExpiryWriting[[sha256.Size]byte, struct{}](unknownTime),
	})
	if err != nil {
		return nil, err
	}
	return &keySet{Storage: storage, remote: remote, fetcher: fetcher, waiting: make(chan struct{}, maxWaiting), unknown: unknown}, nil
}

// KeyRead returns the key of that id. It fails with [ErrUnavailable] where the
// key is not known because the issuer cannot be asked, or too many ask already.
func (k *keySet) KeyRead(ctx context.Context, id string) (jwkset.JWK, error) {
	begun := k.fetcher.begun.Load()
	key, err := k.Storage.KeyRead(ctx, id)
	if !errors.Is(err, jwkset.ErrKeyNotFound) {
		return key, err
	}
	digest := sha256.Sum256([]byte(id))
	if _, known := k.unknown.GetIfPresent(digest); known {
		return jwkset.JWK{}, err
	}
	select {
	case k.waiting <- struct{}{}:
		defer func() { <-k.waiting }()
	default:
		return jwkset.JWK{}, fmt.Errorf("%w: too many wait for them", ErrUnavailable)
	}
	// A fetch that was under way already may have been answered before the
	// key was published. The one after it has not.
	for range 2 {
		if err := k.awaitFetch(ctx, id); err != nil {
			return jwkset.JWK{}, err
		}
		key, err = k.Storage.KeyRead(ctx, id)
		if !errors.Is(err, jwkset.ErrKeyNotFound) || k.fetcher.fetches.Load() > begun {
			break
		}
	}
	switch {
	case !errors.Is(err, jwkset.ErrKeyNotFound):
		return key, err
	case k.fetcher.failing.Load():
		return jwkset.JWK{}, fmt.Errorf("%w: the issuer's keys cannot be fetched", ErrUnavailable)
	}
	k.unknown.Set(digest, struct{}{})
	return jwkset.JWK{}, err
}

// awaitFetch waits for a fetch of the keys, for the one under way if there is
// one. What it found stands in the storage.
func (k *keySet) awaitFetch(ctx context.Context, id string) error {
	fetched := k.fetch.DoChan("", func() (any, error) {
		// Others wait for this fetch too, so it does not end with the
		// request that began it.
		_, err := k.remote.KeyRead(context.WithoutCancel(ctx), id)
		return nil, err
	})
	select {
	case <-fetched:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fetcher fetches the keys and lets only an answer through that has some: the
// storage replaces its keys by whatever it is given.
type fetcher struct {
	next http.RoundTripper
	// failing says that the last fetch brought nothing.
	failing atomic.Bool
	// begun counts the fetches, fetches those that have ended, and failures
	// those of them without keys; last is when keys came, in Unix seconds.
	begun, fetches, failures, last atomic.Int64
}

// RoundTrip implements [http.RoundTripper].
func (f *fetcher) RoundTrip(req *http.Request) (*http.Response, error) {
	f.begun.Add(1)
	res, err := f.fetch(req)
	f.fetches.Add(1)
	f.failing.Store(err != nil)
	if err != nil {
		f.failures.Add(1)
	} else {
		f.last.Store(time.Now().Unix())
	}
	return res, err
}

func (f *fetcher) fetch(req *http.Request) (*http.Response, error) {
	res, err := f.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // read or given up
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the issuer answered %s", res.Status)
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, res.Body, maxKeySetBytes))
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []struct {
			KeyType string `json:"kty"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("the issuer's answer is not a key set: %w", err)
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("the issuer's answer holds no key")
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}
