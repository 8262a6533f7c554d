#!/usr/bin/env bash
# Makes the Java and PKCS12 stores of this folder with keytool (JDK 17) and openssl 3. Run by hand; the
# results are committed because the tests need neither.
set -euo pipefail
cd "$(dirname "$0")"
rm -f -- *.jks *.jceks *.p12 *.pem *.der java_subjects.txt
umlaut=secret-Pässword
ascii=secret-password
pw=$umlaut
k() { keytool -storepass "$pw" -noprompt "$@" 2>/dev/null; }

# An authority and a server key signed by it, as a JKS of the old form.
k -genkeypair -alias ca -keystore ca.jks -storetype JKS -keypass "$pw" -keyalg RSA -keysize 2048 \
  -dname "CN=Test Authority,O=Quorate" -validity 36500 -ext bc:c
k -exportcert -rfc -alias ca -keystore ca.jks -file ca.pem
for type in jks jceks p12; do
  store=server.$type
  case $type in jks) pw=$umlaut ;; *) pw=$ascii ;; esac  # Only JKS bears more than ASCII.
  case $type in p12) storetype=PKCS12 ;; *) storetype=${type^^} ;; esac
  k -genkeypair -alias server -keystore "$store" -storetype "$storetype" -keypass "$pw" -keyalg RSA \
    -keysize 2048 -dname "CN=server.$type,OU=Tests,O=Quorate" -validity 36500 \
    -ext san=dns:localhost,ip:127.0.0.1
  k -certreq -alias server -keystore "$store" -file server.csr
  keytool -storepass "$umlaut" -keypass "$umlaut" -gencert -alias ca -keystore ca.jks -infile server.csr -outfile server.crt \
    -rfc -validity 36500 -ext san=dns:localhost,ip:127.0.0.1 2>/dev/null
  k -importcert -alias ca -keystore "$store" -file ca.pem
  k -importcert -alias server -keystore "$store" -keypass "$pw" -file server.crt
  k -importcert -alias ca -keystore "trust.$type" -storetype "$storetype" -file ca.pem
done
pw=$ascii
# A secret key, which no TLS store should hold.
k -genseckey -alias secret -keystore secret.jceks -storetype JCEKS -keypass "$pw" -keyalg AES \
  -keysize 128
# As an old JDK 8 wrote it: RC2 for certificates, 3DES for keys.
openssl pkcs12 -in server.p12 -passin "pass:$ascii" -nodes -out both.pem.tmp 2>/dev/null
openssl pkcs12 -export -legacy -in both.pem.tmp -out legacy.p12 -passout "pass:$ascii" 2>/dev/null

# Subjects and what Java makes of them.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 36500 \
  -outform DER -out odd_subject.der -utf8 -multivalue-rdn \
  -subj '/DC=org/C=DE/ST=Bayern/L=München/O=A, B \+ "C" \\ <D>;#2/OU=#hash/OU=  lead and trail  /UID=u1+CN=multi=value/serialNumber=42/emailAddress=a@example.org/street=Main 1/title=Dr/CN=last' 2>/dev/null
cat > Subject.java <<'JAVA'
import java.io.*; import java.security.cert.*;
public class Subject {
  public static void main(String[] a) throws Exception {
    for (String f : a) {
      X509Certificate c = (X509Certificate) CertificateFactory.getInstance("X.509")
          .generateCertificate(new FileInputStream(f));
      System.out.write((c.getSubjectX500Principal().getName() + "\n").getBytes("UTF-8"));
    }
  }
}
JAVA
java Subject.java odd_subject.der > java_subjects.txt
rm -f Subject.java ca.jks server.csr server.crt both.pem.tmp
