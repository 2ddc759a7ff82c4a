"""The proxies that are compared, each in front of the same farm: one class a candidate. All preserve Host, verify the
pool's certificate, and offer an RSA and an EC certificate.

mod_lync   what lync.conf and lyncadm set up
tuned      mod_proxy as an expert sets it
plain      mod_proxy as blogs write it, on Debian's own settings
nginx, haproxy   as their manuals have it for such a pool, rules in the forms that are fast
haproxy-always   the same with http-reuse always
"""

from modules import ModLync, Plain, Tuned
from programs import Haproxy, HaproxyAlways, Nginx

CANDIDATES = {candidate.name: candidate for candidate in (ModLync, Tuned, Plain, Nginx, Haproxy, HaproxyAlways)}
