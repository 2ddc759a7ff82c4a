/*
 * NTLM without its secrets: three messages that look like it and are bound to a connection as the real ones are. Each
 * is a fixed base64 text ("NTLMSSP", a zero, the type), then fields in letters that base64 has. The challenge is the
 * connection's; whoever answers another one is refused, as he would be by a server that checks a real answer.
 */
#ifndef BENCH_NTLM_H
#define BENCH_NTLM_H

#define NTLM_NEGOTIATE    "NTLM TlRMTVNTUAABAAAA"
#define NTLM_CHALLENGE    "NTLM TlRMTVNTUAACAAAA"   /* NTLM_DIGITS of hex follow, then padding */
#define NTLM_AUTHENTICATE "NTLM TlRMTVNTUAADAAAA"   /* the same, a user's name of NTLM_NAME, padding */

#define NTLM_DIGITS 16
#define NTLM_NAME 8

#endif
