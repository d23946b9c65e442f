package wire

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkRecorder compares a client's requests through the recorder with the
// same ones to the server itself, on kept-alive connections, in alternating
// rounds of one run. "ratio" is the median over the pairs of direct time by
// recorded time: 1 means that the recorder costs nothing.
func BenchmarkRecorder(b *testing.B) {
	const round = 100 // requests between two looks at the clock
	body := strings.Repeat("x", 500)
	s := serverT(b, func(w http.ResponseWriter, q *http.Request) {
		w.Header()["Access-Control-Allow-Origin"] = []string{"https://app.example.com"}
		io.WriteString(w, body)
	})
	for _, workers := range []int{1, 6} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			r := recorderT(b, RecorderConfig{Upstream: tcp(s.Listener.Addr())})
			client := clientT(b)
			client.Transport.(*http.Transport).MaxIdleConnsPerHost = workers
			call := func(address string) time.Duration {
				start := time.Now()
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for range round / workers {
							response, err := client.Get("http://" + address + "/")
							if err != nil {
								b.Error(err)
								return
							}
							io.Copy(io.Discard, response.Body)
							response.Body.Close()
						}
					})
				}
				wg.Wait()
				return time.Since(start)
			}
			direct, recorded := s.Listener.Addr().String(), r.Addr()
			call(direct)
			call(recorded)
			var ratios []float64
			var total time.Duration
			for b.Loop() {
				d, t := call(direct), call(recorded)
				ratios = append(ratios, float64(d)/float64(t))
				total += t
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "ratio")
			b.ReportMetric(float64(len(ratios)*(round/workers)*workers)/total.Seconds(), "req/s")
			require.Empty(b, r.Since(0)[0].Incomplete)
		})
	}
}

// BenchmarkHTTP1 is the parser alone: one exchange with the headers of a
// browser.
func BenchmarkHTTP1(b *testing.B) {
	request := []byte("GET /orders HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nConnection: keep-alive\r\nsec-ch-ua-platform: \"Linux\"\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\nAccept: */*\r\nOrigin: http://127.0.0.1:5173\r\n" +
		"Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nReferer: http://127.0.0.1:5173/\r\nAccept-Encoding: gzip\r\n\r\n")
	response := []byte("HTTP/1.1 200 OK\r\ndate: Tue, 24 Nov 2026 02:10:17 GMT\r\ncontent-type: application/json\r\ncontent-length: 500\r\n" +
		"access-control-allow-origin: http://127.0.0.1:5173\r\nvary: Origin\r\n\r\n" + strings.Repeat("x", 500))
	b.ReportAllocs()
	b.SetBytes(int64(len(request) + len(response)))
	p := newHTTP1(newRecording("bench", NewClock()).connection(1, "127.0.0.1:1"))
	for b.Loop() {
		p.feed(toServer, request)
		p.feed(toClient, response)
	}
}
