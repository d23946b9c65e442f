package nginx

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/strict"
)

var unknown = regexp.MustCompile(`unknown directive "([^"]*)"`)

// mistyped says which directive was probably meant by one that nginx doesn't
// know; empty if none is near.
func mistyped(log string) string {
	found := unknown.FindStringSubmatch(log)
	if found == nil || slices.Contains(names, found[1]) {
		return ""
	}
	near := slices.DeleteFunc(slices.Clone(names), func(name string) bool { // set isn't meant by set_by_lua
		return len(name) > len(found[1])+2 || len(found[1]) > len(name)+2
	})
	suggestion := strict.Suggestion(found[1], near)
	if suggestion == "" {
		return ""
	}
	return fmt.Sprintf("nginx has no directive %q%s", found[1], suggestion)
}

// names are names of directives, those first that CORS configs have most:
// https://nginx.org/en/docs/dirindex.html.
var names = strings.Fields(`
	add_header return if set map location server listen server_name include proxy_pass proxy_hide_header rewrite error_page
	add_header_inherit add_trailer more_set_headers more_clear_headers
	access_log aio alias allow auth_basic auth_basic_user_file auth_delay auth_jwt auth_jwt_key_file auth_request auth_request_set
	autoindex break charset charset_types client_body_buffer_size client_body_temp_path client_body_timeout client_header_buffer_size
	client_header_timeout client_max_body_size daemon default_type deny directio early_hints env error_log etag events expires
	fastcgi_buffers fastcgi_cache fastcgi_hide_header fastcgi_index fastcgi_intercept_errors fastcgi_param fastcgi_pass
	fastcgi_read_timeout geo gzip gzip_comp_level gzip_disable gzip_http_version gzip_min_length gzip_proxied gzip_static gzip_types
	gzip_vary grpc_hide_header grpc_pass grpc_read_timeout grpc_set_header hash http http2 http2_max_concurrent_streams http3
	if_modified_since ignore_invalid_headers index internal ip_hash js_content js_import js_set keepalive keepalive_requests
	keepalive_timeout large_client_header_buffers least_conn limit_conn limit_conn_status limit_conn_zone limit_except limit_rate
	limit_req limit_req_log_level limit_req_status limit_req_zone load_module log_format log_not_found map_hash_bucket_size
	map_hash_max_size merge_slashes mirror multi_accept open_file_cache output_buffers pid proxy_bind proxy_buffer_size proxy_buffering
	proxy_buffers proxy_cache proxy_cache_bypass proxy_cache_key proxy_cache_methods proxy_cache_path proxy_cache_use_stale
	proxy_cache_valid proxy_connect_timeout proxy_cookie_domain proxy_cookie_flags proxy_cookie_path proxy_http_version
	proxy_ignore_headers proxy_intercept_errors proxy_max_temp_file_size proxy_method proxy_next_upstream proxy_next_upstream_timeout
	proxy_next_upstream_tries proxy_no_cache proxy_pass_header proxy_pass_request_body proxy_pass_request_headers proxy_read_timeout
	proxy_redirect proxy_request_buffering proxy_send_timeout proxy_set_body proxy_set_header proxy_socket_keepalive proxy_ssl_certificate
	proxy_ssl_certificate_key proxy_ssl_name proxy_ssl_protocols proxy_ssl_server_name proxy_ssl_session_reuse
	proxy_ssl_trusted_certificate proxy_ssl_verify proxy_ssl_verify_depth proxy_temp_path random real_ip_header real_ip_recursive
	recursive_error_pages reset_timedout_connection resolver resolver_timeout root satisfy scgi_pass send_timeout sendfile
	server_name_in_redirect server_names_hash_bucket_size server_names_hash_max_size server_tokens set_real_ip_from split_clients ssi
	ssl_buffer_size ssl_certificate ssl_certificate_key ssl_ciphers ssl_client_certificate ssl_conf_command ssl_crl ssl_dhparam
	ssl_early_data ssl_ecdh_curve ssl_ocsp ssl_password_file ssl_prefer_server_ciphers ssl_protocols ssl_reject_handshake
	ssl_session_cache ssl_session_ticket_key ssl_session_tickets ssl_session_timeout ssl_stapling ssl_stapling_file
	ssl_stapling_verify ssl_trusted_certificate ssl_verify_client ssl_verify_depth stream stub_status sub_filter sub_filter_once
	sub_filter_types tcp_nodelay tcp_nopush try_files types types_hash_bucket_size types_hash_max_size underscores_in_headers upstream
	use user userid uwsgi_pass valid_referers variables_hash_bucket_size variables_hash_max_size worker_connections worker_cpu_affinity
	worker_priority worker_processes worker_rlimit_nofile worker_shutdown_timeout zone`)
