"""Files to begin with for fuzz_bundle: made anew, since private keys have no place in a repository."""
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from zoo import Encoding, NoEncryption, PrivateFormat, Zoo, small_rsa  # noqa: E402


def seeds(directory):
    zoo = Zoo(directory)
    leaf = zoo.leaf("webext.contoso.com")
    yield zoo.pem("all.pem", leaf.key, leaf, zoo.issuing, zoo.policy, zoo.root)
    yield zoo.pem("locked.key", leaf.key, password=b"geheim")
    yield zoo.pfx("new.pfx", leaf, "geheim")
    yield zoo.pfx("empty.pfx", leaf)
    yield zoo.old_pfx("old.pfx", zoo.leaf("webext.contoso.com", key=small_rsa(1024)), "geheim")
    yield zoo.p7b("chain.p7b", leaf)
    yield zoo.p7b("chain.pem", leaf, Encoding.PEM)
    yield zoo.write("leaf.cer", leaf.certificate.public_bytes(Encoding.DER))
    yield zoo.write("key.der", leaf.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    yield zoo.write("cut.pem", (directory / "all.pem").read_bytes()[:700])
    yield zoo.write("junk", b"-----BEGIN CERTIFICATE-----\n" * 3 + b"\0" * 10)


def main():
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        for name in seeds(pathlib.Path(directory)):
            shutil.copy(pathlib.Path(directory) / name, target / name)


if __name__ == "__main__":
    main()
